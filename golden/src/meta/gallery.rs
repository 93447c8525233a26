//! Images of many classes with few samples each: Omniglot, stroke glyphs, digits.

use super::config::Variants;
use crate::{
    data::{Class, Images},
    rng::Stream,
    train::warped_alike,
};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Images by class.
#[derive(Clone, PartialEq, Debug)]
pub struct Gallery {
    /// All images; their labels play no part.
    pub images: Images,
    /// Images of every class.
    pub classes: Vec<Vec<usize>>,
}

impl Gallery {
    /// Square images of one class after the other.
    pub fn new(side: usize, classes: Vec<Vec<Vec<u8>>>) -> Self {
        let mut images =
            Images { height: side, width: side, pixels: Vec::new(), labels: Vec::new() };
        let mut numbers = Vec::new();
        for class in classes {
            let first = images.labels.len();
            numbers.push((first..first + class.len()).collect());
            for pixels in class {
                images.pixels.extend(pixels);
                images.labels.push(0);
            }
        }
        Self { images, classes: numbers }
    }

    /// Classes of images that were read, at this side.
    pub fn of_classes(classes: &[Class], side: usize) -> Self {
        let class = |c: &Class| c.images.iter().map(|i| i.resized(side, side).pixels).collect();
        Self::new(side, classes.iter().map(class).collect())
    }

    /// The first `each` images of every label of square images, in the order of the labels.
    pub fn of_labels(images: &Images, each: usize) -> Self {
        let mut classes: BTreeMap<u8, Vec<Vec<u8>>> = BTreeMap::new();
        for (i, label) in images.labels.iter().enumerate() {
            let class = classes.entry(*label).or_default();
            if class.len() < each {
                class.push(images.image(i).to_vec());
            }
        }
        Self::new(images.height, classes.into_values().collect())
    }

    /// Every class four times: as it is, and turned by one, two and three quarters as classes of
    /// their own.
    pub fn with_rotations(&self) -> Self {
        let side = self.images.height;
        let mut classes = Vec::new();
        for class in &self.classes {
            let mut shown: Vec<Vec<u8>> =
                class.iter().map(|&i| self.images.image(i).to_vec()).collect();
            for _ in 0..4 {
                let turned = shown.iter().map(|image| quarter(image, side)).collect();
                classes.push(std::mem::replace(&mut shown, turned));
            }
        }
        Self::new(side, classes)
    }

    /// Every class and its variants, as classes of their own: the images of a variant are those of
    /// its class, all under one warp and, half of them, mirrored.
    pub fn with_variants(&self, variants: &Variants, stream: Stream) -> Self {
        let side = self.images.height;
        let shown = |c: usize| {
            let class = self.of(&self.classes[c]);
            let images = |of: &Images| (0..of.len()).map(|i| of.image(i).to_vec()).collect();
            let mut out: Vec<Vec<Vec<u8>>> = vec![images(&class)];
            for k in 0..variants.count {
                let stream = stream.child((c * variants.count + k) as u64);
                let mut variant = warped_alike(&class, &variants.warp, stream);
                if variants.mirrored && k % 2 == 0 {
                    variant.pixels.chunks_mut(side).for_each(<[u8]>::reverse);
                }
                out.push(images(&variant));
            }
            out
        };
        let classes: Vec<_> = (0..self.classes.len()).into_par_iter().map(shown).collect();
        Self::new(side, classes.concat())
    }

    /// These images alone.
    fn of(&self, numbers: &[usize]) -> Images {
        let pixels = numbers.iter().flat_map(|&i| self.images.image(i)).copied().collect();
        Images { pixels, labels: vec![0; numbers.len()], ..self.images.clone() }
    }

    /// The classes that `keep` names.
    pub fn subset(&self, keep: impl Fn(usize) -> bool) -> Self {
        let classes = self.classes.iter().enumerate().filter(|(c, _)| keep(*c));
        let class =
            |images: &Vec<usize>| images.iter().map(|&i| self.images.image(i).to_vec()).collect();
        Self::new(self.images.height, classes.map(|(_, images)| class(images)).collect())
    }
}

/// An image turned by a quarter, counterclockwise.
fn quarter(image: &[u8], side: usize) -> Vec<u8> {
    let from = |j: usize| j % side * side + (side - 1 - j / side);
    (0..side * side).map(|j| image[from(j)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::AugmentConfig;
    use std::collections::BTreeSet;

    #[test]
    fn four_quarters_are_a_whole_turn_and_classes_of_their_own() {
        let image = vec![1, 2, 3, 4];
        assert_eq!(quarter(&image, 2), [2, 4, 1, 3]);
        let gallery = Gallery::new(2, vec![vec![image.clone(), vec![9, 0, 0, 0]]]);
        let turned = gallery.with_rotations();
        assert_eq!(turned.classes, [vec![0, 1], vec![2, 3], vec![4, 5], vec![6, 7]]);
        assert_eq!(quarter(turned.images.image(6), 2), image);
        assert_eq!(turned.subset(|c| c == 3).images.image(0), turned.images.image(6));
    }

    #[test]
    fn variants_are_classes_of_their_own_and_the_first_is_as_it_was() {
        let image = |shade: u8| {
            let inked =
                |j: usize| (2..7).contains(&(j / 9)) && (j % 9 == 2 || j / 9 == 4 && j % 9 < 5);
            (0..81).map(|j| if inked(j) { shade } else { 0 }).collect::<Vec<u8>>()
        };
        let gallery = Gallery::new(9, vec![vec![image(200), image(150)], vec![image(90)]]);
        let warp = AugmentConfig { rotate_degrees: 20.0, scale: 0.2, shear: 0.2, elastic: 1.0 };
        let variants = Variants { count: 3, mirrored: true, warp };
        let made = gallery.with_variants(&variants, Stream::named(1, "variants"));
        assert_eq!(made.classes[..5], [vec![0, 1], vec![2, 3], vec![4, 5], vec![6, 7], vec![8]]);
        assert_eq!(made.classes.len(), 8);
        assert_eq!((made.images.image(1), made.images.image(8)), (&image(150)[..], &image(90)[..]));
        let shown: BTreeSet<_> = (0..8).map(|c| made.images.image(made.classes[c][0])).collect();
        assert_eq!(shown.len(), 8);
        // A mirrored bar is on the right, one that is not on the left.
        let ink = |c: usize, columns: std::ops::Range<usize>| {
            let image = made.images.image(made.classes[c][0]);
            (0..81).filter(|j| columns.contains(&(j % 9))).map(|j| u32::from(image[j])).sum::<u32>()
        };
        assert!(ink(1, 5..9) > ink(1, 0..4) && ink(2, 0..4) > ink(2, 5..9));
        assert_eq!(made, gallery.with_variants(&variants, Stream::named(1, "variants")));
    }
}
