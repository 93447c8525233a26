//! Loading MNIST: the real files, and folders in which something is wrong.

mod common;

use spikewright_golden::data::Mnist;
use std::{fs, path::Path};

fn idx(sizes: &[u32], elements: usize) -> Vec<u8> {
    let mut out = vec![0, 0, 8, sizes.len() as u8];
    sizes.iter().for_each(|s| out.extend(s.to_be_bytes()));
    out.resize(out.len() + elements, 3);
    out
}

/// A folder with tiny training files of these counts and the real test files left out.
fn folder(images: u32, labels: u32, side: u32) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: Vec<u8>| fs::write(dir.path().join(name), bytes).unwrap();
    for set in ["train", "t10k"] {
        let elements = (images * side * side) as usize;
        write(&format!("{set}-images-idx3-ubyte"), idx(&[images, side, side], elements));
        write(&format!("{set}-labels-idx1-ubyte"), idx(&[labels], labels as usize));
    }
    dir
}

fn message(dir: &Path) -> String {
    Mnist::load(dir).unwrap_err().to_string()
}

#[test]
fn the_real_files_hold_what_they_should() {
    let mnist = common::mnist();
    assert_eq!((mnist.train.len(), mnist.test.len()), (60_000, 10_000));
    assert_eq!(mnist.train.labels[..5], [5, 0, 4, 1, 9]);
    assert_eq!(mnist.test.labels[..5], [7, 2, 1, 0, 4]);
    let (kept, held_out) = mnist.train.split(5_000);
    assert_eq!((kept.len(), held_out.len()), (55_000, 5_000));
    assert_eq!(held_out.image(0), mnist.train.image(55_000));
    assert_eq!(mnist.train.first(7).image(6), mnist.train.image(6));
}

#[test]
fn faults_name_file_place_and_remedy() {
    assert_eq!(Mnist::load(folder(3, 3, 28).path()).unwrap().train.len(), 3);
    let text = message(folder(3, 4, 28).path());
    assert!(text.contains("train-labels-idx1-ubyte: 4 labels at byte 4, but 3 images"), "{text}");
    assert!(message(folder(3, 3, 27).path()).contains("byte 8: images of 27x27"));
    let dir = folder(3, 3, 28);
    fs::write(dir.path().join("train-labels-idx1-ubyte"), [idx(&[2], 2), vec![10]].concat())
        .unwrap();
    assert!(message(dir.path()).contains("data goes on here"));
    let mut labels = idx(&[3], 3);
    labels[9] = 10;
    fs::write(dir.path().join("train-labels-idx1-ubyte"), labels).unwrap();
    assert!(message(dir.path()).contains("byte 9: label 10 is not a digit"));
    fs::remove_file(dir.path().join("t10k-images-idx3-ubyte")).unwrap();
    fs::write(dir.path().join("train-labels-idx1-ubyte"), idx(&[3], 3)).unwrap();
    assert!(message(dir.path()).contains("neither t10k-images-idx3-ubyte nor"));
}
