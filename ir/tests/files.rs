//! Files of models and images: what is read is what was written, and what is not is told.

use spikewright_ir::{
    BitMatrix, CoreImage, DriveLayer, FileError, MemoryImage, Preset, Readout, Region, ThetaImage,
    ThetaNetwork, ThetaPreset, TransferLayer, is_theta, layout::bus, read_bytes, read_image,
    read_theta, read_theta_image, write_atomic, write_image, write_theta, write_theta_image,
};
use std::{fs, path::Path};

fn memories() -> Vec<MemoryImage> {
    vec![
        MemoryImage { region: Region::Weights, start: 3, words: vec![0x0123, 0xfedc, 7] },
        MemoryImage { region: Region::Tiles, start: 0, words: vec![1] },
    ]
}

fn image() -> CoreImage {
    CoreImage {
        preset: Preset::Up5k,
        ticks: 2,
        stream: false,
        tick_order: false,
        stride: 2,
        inputs: 3,
        input_planes: 1,
        input_groups: 1,
        input_places: vec![],
        classes: 1,
        readout: Readout::Potential,
        layers: vec![],
        memories: memories(),
        seal: 0,
    }
    .sealed()
}

fn theta() -> ThetaNetwork {
    ThetaNetwork {
        phase_bits: 4,
        ticks: 7,
        drive: DriveLayer {
            weights: BitMatrix::zeros(2, 3),
            offsets: vec![-4, 5],
            gain_log2: 8,
            table: (0..16).collect(),
        },
        layers: vec![TransferLayer {
            weights: BitMatrix::zeros(3, 2),
            starts: vec![0, 15, 1],
            table: vec![15; 16],
        }],
    }
}

#[test]
fn what_is_read_is_what_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join("made").join(name);
    write_image(&path("core.image"), &image()).unwrap();
    assert_eq!(read_image(&path("core.image")).unwrap(), image());
    write_theta(&path("model.snn"), &theta()).unwrap();
    assert_eq!(read_theta(&path("model.snn")).unwrap(), theta());
    assert!(is_theta(&path("model.snn")).unwrap() && !is_theta(&path("core.image")).unwrap());
    let image = ThetaImage {
        preset: ThetaPreset::ThetaUp5k,
        shift: 7,
        inputs: 3,
        sizes: vec![2, 3],
        memories: memories(),
        seal: 0,
    }
    .sealed();
    let words = image.writes().map(|(_, word)| word);
    assert!(words.eq([0x0123, 0xfedc, 7, 1, image.sum()]));
    write_theta_image(&path("theta.image"), &image).unwrap();
    assert_eq!(read_theta_image(&path("theta.image")).unwrap(), image);
    // A format does not pass for another.
    assert!(matches!(read_image(&path("theta.image")), Err(FileError::Malformed { .. })));
    assert_eq!(fs::read_dir(path("")).unwrap().count(), 3, "no temporary file is left");
}

#[test]
fn an_image_writes_its_words_in_order_and_its_seal_last() {
    let base = |region: Region, word| bus::address(region.number(), word);
    let told: Vec<_> = image().writes().collect();
    let seal = (bus::address(bus::CONTROL, bus::SEAL), image().sum());
    let weights = [3, 4, 5].map(|word| base(Region::Weights, word));
    let expected = [
        (weights[0], 0x0123),
        (weights[1], 0xfedc),
        (weights[2], 7),
        (base(Region::Tiles, 0), 1),
        seal,
    ];
    assert_eq!(told, expected);
    let other = CoreImage { preset: Preset::Tiny, ..image() };
    assert_ne!(other.sum(), image().sum(), "the preset is part of the seal");
}

#[test]
fn samples_overlap_where_two_fit() {
    let overlaps = |preset, stream, ticks, stride| {
        CoreImage { preset, stream, ticks, stride, ..image() }.overlaps()
    };
    // 256 groups: two samples of 8 ticks of 16 groups, no more; three ticks of a stream of 85 groups.
    assert!(overlaps(Preset::Up5k, false, 8, 16) && !overlaps(Preset::Up5k, false, 9, 16));
    assert!(overlaps(Preset::Up5k, true, 1, 85) && !overlaps(Preset::Up5k, true, 1, 86));
    assert!(!overlaps(Preset::Ecp5_85, false, 1, 1), "its writer has no room for the host's words");
}

#[test]
fn damaged_words_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("core.image");
    let placed = CoreImage { input_places: vec![63, 1, 0], ..image() };
    write_image(&path, &placed).unwrap();
    assert_eq!(read_image(&path).unwrap(), placed);
    let text = fs::read_to_string(&path).unwrap();
    for (from, to, told) in [
        ("0123fedc0007", "0123fedc000", "a word is four hexadecimal digits"),
        ("0123fedc0007", "0123fedc00zz", "invalid digit"),
        ("0123fedc0007", "0123fedcßzz", "a word is four hexadecimal digits"),
        ("[63,1,0]", "[63,1]", "are not 3 places below 64"),
        ("[63,1,0]", "[64,1,0]", "are not 3 places below 64"),
    ] {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        fs::write(&path, text.replace(from, to)).unwrap();
        let found = read_image(&path).unwrap_err().to_string();
        assert!(found.contains(told), "{found}");
    }
}

#[test]
fn a_refusal_says_what_helps() {
    let dir = tempfile::tempdir().unwrap();
    let told = |path: &Path| read_bytes(path).unwrap_err().to_string();
    assert!(told(&dir.path().join("nobody")).contains("check the path"));
    let file = dir.path().join("file");
    write_atomic(&file, b"old").unwrap();
    let below = write_atomic(&file.join("below"), b"new").unwrap_err().to_string();
    assert!(below.contains("a part of the path is a file; give another path"), "{below}");
    assert_eq!(fs::read(&file).unwrap(), b"old");
    // A name alone is a file of the folder one is in.
    let name = format!("spikewright-{}.tmp", std::process::id());
    write_atomic(Path::new(&name), b"here").unwrap();
    assert_eq!(fs::read(&name).unwrap(), b"here");
    fs::remove_file(&name).unwrap();
}
