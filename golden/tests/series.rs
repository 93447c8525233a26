//! Series from archives: the real files, both layouts, and files in which something is wrong.

#[allow(dead_code, reason = "every test file takes what it needs")]
mod archive;

use archive::{Archive, flat, plain};
use spikewright_golden::data::{Series, SeriesField, SeriesSet};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/series")
}

fn read(archive: Archive) -> Result<SeriesSet, String> {
    SeriesSet::from_bytes(Path::new("a.npz"), archive.bytes(true)).map_err(|e| e.to_string())
}

#[track_caller]
fn refused(archive: Archive, expect: &str) {
    let text = read(archive).unwrap_err();
    assert!(text.starts_with("a.npz: member \"") && text.contains("; "), "{text}");
    assert!(text.contains(expect), "{text}");
}

#[test]
fn the_real_files_hold_what_they_should() {
    for (name, train, test, classes, channels, length) in [
        ("ArrowHead", 36, 175, 3, 1, 251),
        ("BasicMotions", 40, 40, 4, 6, 100),
        ("GunPoint", 50, 150, 2, 1, 150),
        ("ItalyPowerDemand", 67, 1029, 2, 1, 24),
    ] {
        let set = SeriesSet::read(&folder().join(format!("{name}.npz"))).unwrap();
        assert_eq!((set.train.len(), set.test.len()), (train, test), "{name}");
        assert_eq!((set.classes, set.channels), (classes, channels), "{name}");
        for part in [&set.train, &set.test] {
            assert_eq!(part.channels(), channels, "{name}");
            assert!((0..part.len()).all(|i| part.length(i) == length), "{name}");
            let seen = (0..classes as u8).all(|class| part.labels().contains(&class));
            assert!(seen && part.labels().iter().all(|&l| usize::from(l) < classes), "{name}");
        }
    }
}

/// Numbers as they stand in sktime's text files.
#[test]
fn values_and_labels_are_those_of_the_origin() {
    let set = SeriesSet::read(&folder().join("BasicMotions.npz")).unwrap();
    assert_eq!(set.train.sample(0)[..4], [0.079106, 0.079106, -0.903497, 1.116125]);
    assert_eq!(set.train.labels()[..11], [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1]);
    let italy = SeriesSet::read(&folder().join("ItalyPowerDemand.npz")).unwrap();
    assert_eq!(italy.train.sample(0)[..2], [-0.7105176, -1.1833204]);
    assert_eq!(italy.train.labels()[..6], [0, 0, 1, 1, 0, 0]);
}

#[test]
fn a_split_of_a_sorted_file_keeps_the_classes_even() {
    let set = SeriesSet::read(&folder().join("BasicMotions.npz")).unwrap();
    let (kept, held) = set.train.split(8);
    for class in 0..4 {
        let count = |part: &Series| part.labels().iter().filter(|&&l| l == class).count();
        assert_eq!((count(&kept), count(&held)), (8, 2));
    }
    assert_eq!(held.sample(0), set.train.sample(8));
}

#[test]
fn both_layouts_are_read() {
    let set = read(flat()).unwrap();
    assert_eq!((set.classes, set.channels), (2, 2));
    assert_eq!(set.train.sample(0), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!((set.train.length(0), set.train.length(1)), (2, 1));
    assert_eq!((set.test.sample(0), set.test.labels()), (&[7.0, 8.0][..], &[1][..]));
    let set = read(plain()).unwrap();
    assert_eq!((set.classes, set.channels), (2, 1));
    assert_eq!(set.train.sample(1), [4.0, 5.0, 6.0]);
    // Samples, channels, time; the test series may have another length.
    let values: Vec<f32> = (0..12).map(|v| v as f32).collect();
    let set = read(plain().floats("x_train", &[2, 2, 3], &values).floats(
        "x_test",
        &[1, 2, 1],
        &[7.0, 8.0],
    ));
    let set = set.unwrap();
    assert_eq!((set.channels, set.train.length(1), set.test.length(0)), (2, 3, 1));
    assert_eq!(set.train.sample(1), [6.0, 7.0, 8.0, 9.0, 10.0, 11.0]);
}

#[test]
fn sizes_of_the_flat_layout_must_add_up() {
    let lengths = |lengths: &[i64]| flat().integers("TRAIN_length", &[lengths.len()], lengths);
    refused(lengths(&[2, 2]), "\"TRAIN_length\": sample 1 with 2 time steps of 2 channels reaches");
    refused(lengths(&[1, 1]), "the samples take 4 values together, there are 6");
    refused(lengths(&[3, 0]), "sample 1 has no time steps");
    refused(lengths(&[4, -1]), "sample 1 has -1 time steps");
    refused(lengths(&[i64::MAX, 1]), "sample 0 with 9223372036854775807 time steps");
    refused(lengths(&[2]), "\"TRAIN_label\": 2 labels for 1 samples");
    refused(lengths(&[]), "\"TRAIN_length\": there are no samples");
    refused(flat().integers("channels", &[], &[3]), "\"TRAIN_length\": sample 1 with 1 time steps");
    refused(flat().integers("channels", &[], &[0]), "\"channels\": shape [] with value 0");
    refused(flat().integers("channels", &[], &[i64::MAX]), "\"channels\": shape []");
    refused(flat().integers("channels", &[2], &[2, 2]), "\"channels\": shape [2]");
}

#[test]
fn labels_must_be_classes() {
    refused(flat().integers("TEST_label", &[1], &[2]), "\"TEST_label\": label 2 of sample 0");
    refused(flat().integers("TRAIN_label", &[2], &[0, -1]), "label -1 of sample 1, the 2 classes");
    refused(flat().floats("TRAIN_label", &[2], &[0.0, 1.5]), "element type <f4, expected integers");
    refused(flat().raw("classes", "<U1", "(0,)", &[]), "\"classes\": shape [0]");
    refused(flat().raw("classes", "<U1", "(257,)", &[]), "\"classes\": shape [257]");
    refused(plain().integers("y_test", &[1], &[2]), "\"y_test\": label 2 of sample 0");
    refused(plain().integers("y_train", &[2], &[0, 2]), "labels up to 2, but none is 1");
    refused(plain().integers("y_train", &[2], &[1, 2]), "labels up to 2, but none is 0");
    refused(plain().integers("y_train", &[2], &[0, 256]), "label 256 of sample 1 is outside");
    refused(plain().integers("y_train", &[2], &[0, i64::MIN]), "is outside of 0..=255");
    refused(plain().integers("y_train", &[1], &[0]), "\"y_train\": 1 labels for 2 samples");
}

#[test]
fn shapes_of_the_plain_layout() {
    let x = |shape: &[usize], values: &[f32]| plain().floats("x_train", shape, values);
    refused(x(&[6], &[0.0; 6]), "\"x_train\": shape [6]; store [samples, time]");
    refused(x(&[0, 3], &[]), "\"x_train\": shape [0, 3] holds no values");
    refused(x(&[9_000_000_000_000_000_000, 0], &[]), "holds no values");
    refused(x(&[2, 2, 1], &[0.0; 4]), "\"x_test\": 1 channels, x_train has 2");
}

#[test]
fn values_that_are_not_finite_are_named_with_their_place() {
    let values = [1.0, 2.0, 3.0, f32::NAN, 5.0, 6.0];
    let expect = "\"TRAIN_values\": NaN in sample 0, channel 1, time step 1";
    refused(flat().floats("TRAIN_values", &[6], &values), expect);
    let expect = "\"x_test\": inf in sample 0, channel 0, time step 2";
    refused(plain().floats("x_test", &[1, 3], &[1.0, 2.0, f32::INFINITY]), expect);
    // Finite as f64, but not as f32.
    let expect = "\"x_test\": -inf in sample 0, channel 0, time step 0";
    refused(plain().raw("x_test", "<f8", "(1,1)", &(-1e300f64).to_le_bytes()), expect);
}

#[test]
fn missing_members_are_named() {
    refused(flat().without("TEST_label"), "member \"TEST_label\": is missing; the file holds");
    refused(plain().without("y_train"), "member \"y_train\": is missing");
    let text = read(Archive::default().floats("data", &[1], &[0.0])).unwrap_err();
    assert!(
        text.contains("neither it nor \"x_train\" is there, the file holds \"data\""),
        "{text}"
    );
    assert!(read(Archive::default()).unwrap_err().contains("the file holds no arrays"));
    let absent = SeriesSet::read(&folder().join("absent.npz")).unwrap_err().to_string();
    assert!(absent.contains("absent.npz") && absent.contains("check the path"), "{absent}");
    let other = SeriesSet::read(&folder().join("README.md")).unwrap_err().to_string();
    assert!(other.contains("README.md: not a NumPy archive"), "{other}");
}

#[test]
fn series_in_memory_are_checked_too() {
    let field = |channels, lengths: &[usize], values: &[f32], labels: &[u8]| {
        Series::new(channels, lengths, values.to_vec(), labels.to_vec()).unwrap_err().field
    };
    assert_eq!(field(0, &[1], &[1.0], &[0]), SeriesField::Channels);
    assert_eq!(field(1, &[], &[], &[]), SeriesField::Lengths);
    assert_eq!(field(1, &[1], &[1.0], &[]), SeriesField::Labels);
    assert_eq!(field(usize::MAX, &[2], &[1.0], &[0]), SeriesField::Lengths);
    let fault = Series::new(1, &[1], vec![f32::NAN], vec![0]).unwrap_err();
    assert!(fault.to_string().starts_with("values: NaN in sample 0"), "{fault}");
}
