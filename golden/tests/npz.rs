//! NumPy archives: what NumPy writes is read, what is damaged or claims too much is refused.

#[allow(dead_code, reason = "every test file takes what it needs")]
mod archive;

use archive::{Archive, flat, npy, plain};
use proptest::prelude::*;
use spikewright_golden::data::{Npz, NpzError, SeriesSet};
use std::path::Path;

fn open(bytes: Vec<u8>) -> Result<Npz, NpzError> {
    Npz::from_bytes(Path::new("a.npz"), bytes)
}

/// The error of an archive with this member content, read as floats.
fn refused(content: Vec<u8>) -> String {
    let bytes = Archive(vec![("x".into(), content)]).bytes(true);
    let text = open(bytes).unwrap().floats("x").unwrap_err().to_string();
    assert!(text.starts_with("a.npz: member \"x\": ") && text.contains("; "), "{text}");
    text
}

/// Written by NumPy 2.4: `numpy.savez("types.npz", f4=numpy.array([[1, 2, 3], [250, 0, 7]], "f4"),
/// …)` for every element type, `scalar = numpy.int64(-5)`, `one = [-1.5, 2.5]` (f4), `three =
/// numpy.arange(24, dtype="i2").reshape(2, 3, 4)`, and arrays that cannot be read as numbers.
#[test]
fn every_element_type_and_shape_of_numpy_is_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/numpy/types.npz");
    let mut npz = Npz::open(&path).unwrap();
    for name in ["f4", "f8", "i2", "i4", "i8", "u1", "u4"] {
        let array = npz.floats(name).unwrap();
        assert_eq!(array.shape(), [2, 3], "{name}");
        assert_eq!(array.into_raw_vec_and_offset().0, [1.0, 2.0, 3.0, 250.0, 0.0, 7.0], "{name}");
        match npz.integers(name) {
            Ok(array) => {
                assert_eq!(array.into_raw_vec_and_offset().0, [1, 2, 3, 250, 0, 7], "{name}")
            }
            Err(e) => assert!(name.starts_with('f') && e.to_string().contains("integers"), "{e}"),
        }
    }
    let scalar = npz.integers("scalar").unwrap();
    assert_eq!((scalar.shape(), scalar.first()), (&[][..], Some(&-5)));
    assert_eq!(npz.floats("one").unwrap().as_slice(), Some(&[-1.5, 2.5][..]));
    let three = npz.integers("three").unwrap();
    assert_eq!(three.shape(), [2, 3, 4]);
    assert_eq!(three.into_raw_vec_and_offset().0, (0..24).collect::<Vec<_>>());
    assert_eq!(npz.floats("empty").unwrap().shape(), [0, 3]);
    // Strings have a shape, and do not keep others from being read.
    assert_eq!(npz.shape("names").unwrap(), [2]);
    assert_eq!(npz.names().count(), 17);
    for (name, expect) in [
        ("names", "element type <U4"),
        ("fortran", "Fortran order"),
        ("big", "element type >i4"),
        ("bool", "element type |b1"),
        ("four", "4 dimensions"),
        ("pairs", "cannot read the header"),
        ("absent", "is missing; the file holds \"f4\", \"f8\""),
    ] {
        let text = npz.floats(name).unwrap_err().to_string();
        assert!(text.contains("types.npz: member") && text.contains(expect), "{text}");
    }
}

#[test]
fn headers_that_claim_too_much_are_refused() {
    for (shape, expect) in [
        ("(67108864,)", "ends within the 67108864 elements"),
        ("(67108865,)", "more than 67108864 elements"),
        ("(4294967296, 4294967296)", "more than 67108864 elements"),
        ("(9223372036854775807, 4, 1)", "more than 67108864 elements"),
        ("(99999999999999999999,)", "cannot read the header"),
        ("(2,)", "ends within the 2 elements"),
        ("()", "data goes on after 1 elements"),
    ] {
        let text = refused(npy("<f4", "False", shape, &[0; 7]));
        assert!(text.contains(expect), "{shape}: {text}");
    }
    // A header of 4 GiB in version 2, one of 64 KiB in version 1.
    let text = refused(b"\x93NUMPY\x02\x00\xff\xff\xff\xff{".to_vec());
    assert!(text.contains("a header of 4294967295 bytes"), "{text}");
    let text = refused(b"\x93NUMPY\x01\x00\xff\xff{".to_vec());
    assert!(text.contains("a header of 65535 bytes"), "{text}");
}

#[test]
fn a_bomb_is_not_inflated() {
    // 64 MB of zeros behind a header that promises six bytes.
    let text = refused(npy("|u1", "False", "(6,)", &vec![0; 64 << 20]));
    assert!(text.contains("data goes on after 6 elements"), "{text}");
    // The same as a header.
    let text = refused(vec![0; 64 << 20]);
    assert!(text.contains("is not the start of a .npy array"), "{text}");
}

#[test]
fn damaged_headers_are_refused() {
    let good = npy("<f4", "False", "(1,)", &[0; 4]);
    for length in 0..good.len() {
        let text = refused(good[..length].to_vec());
        assert!(text.contains("ends within"), "{length}: {text}");
    }
    let with = |from: &str, to: &str| {
        let text = String::from_utf8_lossy(&good[10..]).replacen(from, to, 1);
        [&good[..10], text.as_bytes()].concat()
    };
    for (from, to) in [("'<f4'", "['f']"), ("False", "Falze"), ("shape", "shope"), ("{", "[")] {
        let text = refused(with(from, to));
        assert!(text.contains("cannot read the header"), "{text}");
    }
    // An error shows the beginning of a long header only.
    assert!(refused(npy(&"x".repeat(9_000), "False", "(1,)", &[])).len() < 400);
    assert!(refused(npy(&"[".repeat(9_000), "[", "(1,)", &[])).len() < 400);
    let mut version = good.clone();
    version[6] = 9;
    assert!(refused(version).contains(".npy version 9"));
}

#[test]
fn no_prefix_of_an_archive_is_read() {
    for (archive, deflate) in [(flat(), true), (flat(), false), (plain(), true)] {
        let bytes = archive.bytes(deflate);
        for length in 0..bytes.len() {
            let text = SeriesSet::from_bytes(Path::new("a.npz"), bytes[..length].to_vec());
            let text = text.unwrap_err().to_string();
            assert!(text.starts_with("a.npz: ") && text.contains("; "), "{length}: {text}");
        }
    }
}

/// Either an error or, where only a date or the like was hit, the same data.
fn survives(bytes: Vec<u8>, sound: &SeriesSet) {
    match SeriesSet::from_bytes(Path::new("a.npz"), bytes) {
        Ok(set) => assert_eq!(&set, sound),
        Err(e) => assert!(e.to_string().starts_with("a.npz: "), "{e}"),
    }
}

#[test]
fn a_flipped_byte_never_changes_the_data() {
    for (archive, deflate) in [(flat(), true), (flat(), false), (plain(), false)] {
        let bytes = archive.bytes(deflate);
        let sound = SeriesSet::from_bytes(Path::new("a.npz"), bytes.clone()).unwrap();
        for at in 0..bytes.len() {
            for mask in [0x01, 0x10, 0x80, 0xff] {
                let mut bytes = bytes.clone();
                bytes[at] ^= mask;
                survives(bytes, &sound);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn many_faults_at_once_do_not_panic(
        deflate: bool,
        faults in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in any::<prop::sample::Index>(),
        keep: bool,
    ) {
        let mut bytes = flat().bytes(deflate);
        for (at, value) in faults {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if !keep {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Err(e) = SeriesSet::from_bytes(Path::new("a.npz"), bytes) {
            prop_assert!(e.to_string().starts_with("a.npz: "));
        }
    }

    /// The archive is sound, what it holds is anything.
    #[test]
    fn any_header_and_data_do_not_panic(
        header in prop::collection::vec(any::<u8>(), 0..80),
        dtype in "[<>|][fiuUOb][1248]",
        shape in prop::collection::vec(prop_oneof![0u64..5, any::<u64>()], 0..5),
        data in prop::collection::vec(any::<u8>(), 0..40),
        structured: bool,
    ) {
        let sizes: String = shape.iter().map(|n| format!("{n},")).collect();
        let content = if structured {
            npy(&dtype, "False", &format!("({sizes})"), &data)
        } else {
            [b"\x93NUMPY\x01\x00", &[header.len() as u8, 0][..], &header, &data].concat()
        };
        let bytes = content.len();
        let mut npz = open(Archive(vec![("x".into(), content)]).bytes(false)).unwrap();
        if let Ok(array) = npz.floats("x") {
            prop_assert!(array.len() <= bytes, "{} elements of {bytes} bytes", array.len());
        }
        if let Ok(array) = npz.integers("x") {
            prop_assert!(array.len() <= bytes, "{} elements of {bytes} bytes", array.len());
        }
    }
}
