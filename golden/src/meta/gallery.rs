//! Images of many classes with few samples each: Omniglot, stroke glyphs, digits.

use crate::data::{Class, Images};
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
}
