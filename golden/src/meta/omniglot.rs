//! Omniglot (Lake, Salakhutdinov and Tenenbaum, Science 2015): a NumPy archive with the members
//! `images28` (u8, ink 255), `alphabet` and `character`, one entry per drawing; or folders of PNG images
//! as it is published, `alphabet/character/drawing.png`, alphabets numbered in the order of their names.

use super::gallery::Gallery;
use crate::data::{ClassesError, Npz, NpzError, read_classes};
use std::{collections::BTreeMap, path::Path};

/// Side of an image, pixels.
const SIDE: usize = 28;

/// Characters with the alphabet each belongs to.
#[derive(Clone, PartialEq, Debug)]
pub struct Omniglot {
    /// A class per character.
    pub gallery: Gallery,
    /// Alphabet of every class.
    pub alphabets: Vec<i64>,
}

impl Omniglot {
    /// Reads a folder or an archive.
    pub fn read(path: &Path) -> Result<Self, ClassesError> {
        if path.is_dir() { Self::folders(path) } else { Ok(Self::archive(path)?) }
    }

    fn folders(path: &Path) -> Result<Self, ClassesError> {
        let classes = read_classes(path)?;
        let mut names: Vec<_> = classes.iter().map(|c| Path::new(&c.name).parent()).collect();
        let of_class = names.clone();
        names.dedup();
        let number = |name| names.iter().position(|n| *n == name).unwrap_or(0) as i64;
        let alphabets = of_class.into_iter().map(number).collect();
        Ok(Self { gallery: Gallery::of_classes(&classes, SIDE), alphabets })
    }

    fn archive(path: &Path) -> Result<Self, NpzError> {
        let mut npz = Npz::open(path)?;
        let images = npz.floats("images28")?;
        let [alphabet, character] = [npz.integers("alphabet")?, npz.integers("character")?];
        let (count, side) = match *images.shape() {
            [n, h, w] if h == w && n == alphabet.len() && n == character.len() => (n, h),
            ref shape => {
                let message = format!(
                    "shape {shape:?} with {} alphabets and {} characters",
                    alphabet.len(),
                    character.len()
                );
                let remedy = "store square images and one alphabet and character for each";
                return Err(npz.fault("images28", message, remedy));
            }
        };
        let mut classes: BTreeMap<(i64, i64), Vec<Vec<u8>>> = BTreeMap::new();
        for (i, image) in images.outer_iter().enumerate().take(count) {
            let key =
                (alphabet.as_slice().map_or(0, |a| a[i]), character.as_slice().map_or(0, |c| c[i]));
            classes.entry(key).or_default().push(image.iter().map(|v| *v as u8).collect());
        }
        let alphabets = classes.keys().map(|(a, _)| *a).collect();
        Ok(Self { gallery: Gallery::new(side, classes.into_values().collect()), alphabets })
    }

    /// The characters of these alphabets.
    pub fn of(&self, alphabets: &[i64]) -> Gallery {
        self.gallery.subset(|c| alphabets.contains(&self.alphabets[c]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Gray;

    #[test]
    fn folders_are_alphabets_of_characters() {
        let dir = tempfile::tempdir().unwrap();
        for (k, name) in ["greek/a/1", "greek/b/1", "latin/a/1", "latin/a/2"].iter().enumerate() {
            let path = dir.path().join(format!("{name}.png"));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut pixels = vec![0; 56 * 56];
            pixels[56 * 20 + 20..][..k + 2].fill(255);
            Gray { height: 56, width: 56, pixels }.write(&path).unwrap();
        }
        let omniglot = Omniglot::read(dir.path()).unwrap();
        assert_eq!(omniglot.alphabets, [0, 0, 1]);
        assert_eq!(omniglot.of(&[1]).classes, [[0, 1]]);
        let image = omniglot.gallery.images.image(2);
        assert_eq!((image.len(), &image[28 * 10 + 9..][..4]), (784, &[0, 128, 128, 0][..]));
    }
}
