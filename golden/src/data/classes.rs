//! Images by class: a folder with a folder of PNG files per class, at any depth, or a NumPy archive
//! with `images` and `labels`.

use super::{Gray, Images, Npz, NpzError};
use spikewright_ir::FileError;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use thiserror::Error;

/// Why images by class could not be read.
#[derive(Debug, Error)]
pub enum ClassesError {
    /// A file or folder could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The archive is not what is asked for.
    #[error(transparent)]
    Npz(#[from] NpzError),
    /// The content does not fit.
    #[error("{}: {message}; {remedy}", path.display())]
    Content {
        /// File or folder concerned.
        path: PathBuf,
        /// What is wrong.
        message: String,
        /// What to do.
        remedy: &'static str,
    },
}

/// The images of one class.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Class {
    /// Its folder's path below the one that was read, or its label in an archive.
    pub name: String,
    /// Its images, in the order of their files' names.
    pub images: Vec<Gray>,
}

/// Reads every class below `path`, in the order of their names.
pub fn read_classes(path: &Path) -> Result<Vec<Class>, ClassesError> {
    let classes = if path.is_dir() { folder(path)? } else { archive(path)? };
    let images = classes.iter().map(|c| c.images.len()).sum::<usize>();
    if classes.len() < 2 {
        return Err(ClassesError::Content {
            path: path.into(),
            message: format!("{} classes with {images} images", classes.len()),
            remedy: "give at least two: a folder of PNG files each, or images and labels",
        });
    }
    Ok(classes)
}

/// Reads at most 256 classes as labelled images of one size: names of the classes, and images of
/// class `c` with label `c`.
pub fn read_labelled(
    path: &Path,
    height: usize,
    width: usize,
) -> Result<(Vec<String>, Images), ClassesError> {
    let classes = read_classes(path)?;
    if classes.len() > 256 {
        return Err(ClassesError::Content {
            path: path.into(),
            message: format!("{} classes", classes.len()),
            remedy: "give at most 256",
        });
    }
    let mut out = Images { height, width, pixels: Vec::new(), labels: Vec::new() };
    for (label, class) in classes.iter().enumerate() {
        for image in &class.images {
            out.pixels.extend(image.resized(height, width).pixels);
            out.labels.push(label as u8);
        }
    }
    Ok((classes.into_iter().map(|c| c.name).collect(), out))
}

fn folder(root: &Path) -> Result<Vec<Class>, ClassesError> {
    let mut classes = BTreeMap::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let io = |source| FileError::Io { path: folder.clone(), source };
        let mut files = Vec::new();
        for entry in fs::read_dir(&folder).map_err(io)? {
            let path = entry.map_err(io)?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("png")) {
                files.push(path);
            }
        }
        files.sort();
        let mut images = Vec::with_capacity(files.len());
        for path in files {
            images.push(Gray::read(&path)?.map_err(|message| ClassesError::Content {
                path,
                message,
                remedy: "write it again as a PNG image, or take it out of the folder",
            })?);
        }
        if !images.is_empty() {
            let name = folder.strip_prefix(root).unwrap_or(&folder).to_string_lossy().into_owned();
            classes.insert(name.clone(), Class { name, images });
        }
    }
    Ok(classes.into_values().collect())
}

fn archive(path: &Path) -> Result<Vec<Class>, ClassesError> {
    let mut npz = Npz::open(path)?;
    let (images, labels) = (npz.floats("images")?, npz.integers("labels")?);
    let (height, width) = match *images.shape() {
        [n, h, w] if n == labels.len() && h > 0 && w > 0 => (h, w),
        ref shape => {
            let message = format!("shape {shape:?} with {} labels", labels.len());
            let remedy = "store gray images [n, height, width] and a label for each";
            return Err(npz.fault("images", message, remedy).into());
        }
    };
    let gray = |v: &f32| (0.0..=255.0).contains(v).then_some(*v as u8);
    let mut classes: BTreeMap<i64, Vec<Gray>> = BTreeMap::new();
    for (image, label) in images.outer_iter().zip(&labels) {
        let Some(pixels) = image.iter().map(gray).collect() else {
            let remedy = "store gray values from 0 to 255, 255 for full ink";
            return Err(npz.fault("images", "a value outside of 0 to 255".into(), remedy).into());
        };
        classes.entry(*label).or_default().push(Gray { height, width, pixels });
    }
    let class = |(label, images): (i64, _)| Class { name: label.to_string(), images };
    Ok(classes.into_iter().map(class).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_classes_in_order_and_sizes_are_made_equal() {
        let dir = tempfile::tempdir().unwrap();
        let image = |v: u8, side: usize| Gray {
            height: side,
            width: side,
            pixels: (0..side * side).map(|j| if j == side + 1 { v } else { 0 }).collect(),
        };
        for (name, v, side) in
            [("b/x/1.png", 90, 4), ("b/x/0.png", 80, 4), ("a/2.png", 70, 8), ("a/note.txt", 0, 4)]
        {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            image(v, side).write(&path).unwrap();
        }
        let classes = read_classes(dir.path()).unwrap();
        let names: Vec<_> = classes.iter().map(|c| (&*c.name, c.images.len())).collect();
        assert_eq!(names, [("a", 1), ("b/x", 2)]);
        let images = read_labelled(dir.path(), 4, 4).unwrap().1;
        assert_eq!(images.labels, [0, 1, 1]);
        assert_eq!([images.image(1)[5], images.image(2)[5]], [80, 90]);
        assert_eq!(images.image(0)[0], 18, "70 over four pixels");
        fs::write(dir.path().join("a/3.png"), b"x").unwrap();
        let text = read_classes(dir.path()).unwrap_err().to_string();
        assert!(text.contains("3.png") && text.contains("write it again"), "{text}");
        let text = read_classes(&dir.path().join("b")).unwrap_err().to_string();
        assert!(text.contains("1 classes with 2 images"), "{text}");
    }
}
