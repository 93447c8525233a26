//! Omniglot (Lake, Salakhutdinov and Tenenbaum, Science 2015) from a NumPy archive with the members
//! `images28` (u8, ink 255), `alphabet` and `character`, one entry per drawing.

use super::gallery::Gallery;
use crate::data::{Npz, NpzError};
use std::{collections::BTreeMap, path::Path};

/// Characters with the alphabet each belongs to.
#[derive(Clone, PartialEq, Debug)]
pub struct Omniglot {
    /// A class per character.
    pub gallery: Gallery,
    /// Alphabet of every class.
    pub alphabets: Vec<i64>,
}

impl Omniglot {
    /// Reads an archive.
    pub fn read(path: &Path) -> Result<Self, NpzError> {
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
