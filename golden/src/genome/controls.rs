//! The control that matters most: a narrower dense network that stores as much.

/// Weights of a dense network with these sizes, input first.
fn dense_scalars(sizes: &[usize]) -> usize {
    sizes.windows(2).map(|w| w[0] * w[1]).sum()
}

/// The largest width of `hidden` equal hidden layers between `inputs` and `classes` whose weights
/// number at most `scalars`; 0 where not even one neuron fits. For binary weights give bits.
pub fn equal_width(inputs: usize, hidden: usize, classes: usize, scalars: usize) -> usize {
    let size = |width: usize| {
        let mut sizes = vec![width; hidden + 2];
        (sizes[0], sizes[hidden + 1]) = (inputs, classes);
        dense_scalars(&sizes)
    };
    if hidden == 0 {
        return 0;
    }
    let (mut fits, mut over) = (0, 1);
    while size(over) <= scalars && over < scalars {
        (fits, over) = (over, 2 * over);
    }
    while over - fits > 1 {
        let middle = fits + (over - fits) / 2;
        if size(middle) <= scalars { fits = middle } else { over = middle }
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_width_is_the_largest_that_fits() {
        assert_eq!(dense_scalars(&[784, 512, 512, 10]), 668_672);
        assert_eq!(equal_width(784, 1, 10, 794 * 51), 51);
        assert_eq!(equal_width(784, 1, 10, 794 * 51 - 1), 50);
        for scalars in [0, 793, 10_000, 123_457] {
            let n = equal_width(784, 2, 10, scalars);
            assert!(n == 0 || dense_scalars(&[784, n, n, 10]) <= scalars);
            assert!(dense_scalars(&[784, n + 1, n + 1, 10]) > scalars);
        }
        assert_eq!(equal_width(784, 0, 10, 1 << 20), 0);
    }
}
