//! Tasks from images of many classes with few samples each: Omniglot, stroke glyphs, digits.

use super::{
    net::MetaError,
    task::{Family, Sizes, Task, choose},
};
use crate::{
    data::{Encoder, Images},
    rng::Stream,
};

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

    /// Refuses episodes that ask for more than there is.
    pub fn check(&self, sizes: Sizes) -> Result<(), MetaError> {
        let least = self.classes.iter().map(Vec::len).min().unwrap_or(0);
        let (classes, each) = (self.classes.len(), sizes.shots + sizes.queries);
        if sizes.are_sound() && classes >= sizes.ways && least >= each {
            return Ok(());
        }
        let message = format!(
            "{classes} classes of {least} images or more, a task takes {} of {} + {}",
            sizes.ways, sizes.shots, sizes.queries
        );
        let remedy = "at least 2 ways, 1 shot and 1 query, and no more than there are";
        Err(MetaError::new("episodes", message, remedy))
    }

    /// Numbers of the images of an episode, class after class, support first.
    pub fn episode(&self, sizes: Sizes, stream: Stream) -> Vec<usize> {
        let mut draw = stream.sequence();
        let classes = choose(&mut draw, self.classes.len(), sizes.ways);
        let each = sizes.shots + sizes.queries;
        let pick = |c: usize| {
            let images = &self.classes[c];
            choose(&mut draw, images.len(), each).into_iter().map(|i| images[i]).collect::<Vec<_>>()
        };
        classes.into_iter().flat_map(pick).collect()
    }
}

/// An image turned by a quarter, counterclockwise.
fn quarter(image: &[u8], side: usize) -> Vec<u8> {
    let from = |j: usize| j % side * side + (side - 1 - j / side);
    (0..side * side).map(|j| image[from(j)]).collect()
}

/// Tasks over a gallery.
#[derive(Clone, PartialEq, Debug)]
pub struct Tasks {
    /// Where images come from.
    pub gallery: Gallery,
    /// How they become spikes.
    pub encoder: Encoder,
    /// How large a task is.
    pub sizes: Sizes,
}

impl Tasks {
    /// Refuses galleries too small for their tasks.
    pub fn new(gallery: Gallery, encoder: Encoder, sizes: Sizes) -> Result<Self, MetaError> {
        gallery.check(sizes)?;
        Ok(Self { gallery, encoder, sizes })
    }
}

impl Family for Tasks {
    fn sizes(&self) -> Sizes {
        self.sizes
    }
    fn task(&self, stream: Stream) -> Task {
        let images = self.gallery.episode(self.sizes, stream);
        let each = self.sizes.shots + self.sizes.queries;
        self.sizes.fill(|class, i| {
            let image = images[class * each + i];
            self.encoder.encode(self.gallery.images.image(image), image as u64)
        })
    }
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

    #[test]
    fn episodes_have_different_classes_and_images() {
        let image = |c: usize, i: usize| vec![(10 * c + i) as u8];
        let classes = (0..7).map(|c| (0..6).map(|i| image(c, i)).collect()).collect();
        let gallery = Gallery::new(1, classes);
        let sizes = Sizes { ways: 4, shots: 2, queries: 3 };
        let mut first = std::collections::BTreeSet::new();
        for k in 0..50 {
            let images = gallery.episode(sizes, Stream::named(k, "episodes"));
            let set: std::collections::BTreeSet<_> = images.iter().collect();
            assert_eq!(set.len(), 20);
            let of = |i: usize| images[i] / 6;
            assert!((0..20).all(|i| of(i) == of(i / 5 * 5)));
            first.insert(of(0));
        }
        assert_eq!(first.len(), 7, "every class is numbered 0 now and then");
    }
}
