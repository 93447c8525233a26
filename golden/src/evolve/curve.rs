//! The course of a search as a figure.

use super::run::Generation;
use crate::metrics::figure::draw;

/// Best and median fitness over the generations as SVG; nothing where one is not a number.
pub fn fitness_curve(history: &[Generation]) -> Option<String> {
    let line = |name: &str, of: fn(&Generation) -> f64| {
        (name.to_owned(), history.iter().map(of).collect::<Vec<_>>())
    };
    let lines = [line("best", |g| g.best), line("median", |g| g.median)];
    draw("fitness of a generation", "generation", 0, &lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_has_two_lines() {
        let at = |generation, best| {
            let median = best - 1.0;
            Generation { generation, evaluations: 8 * (generation + 1), best, median }
        };
        let figure = fitness_curve(&[at(0, 2.0), at(1, 3.0)]).unwrap();
        assert!(figure.contains("best") && figure.contains("median"), "{figure}");
        assert_eq!(fitness_curve(&[at(0, f64::NAN)]), None);
    }
}
