//! "Did you mean": the nearest known name, by edit distance.

/// Largest name compared; longer ones are not a slip of the finger.
const MAX_NAME: usize = 64;

/// The known name nearest to `name`, if at most a third of its letters differ.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > MAX_NAME {
        return None;
    }
    known
        .map(|k| (distance(name, k), k))
        .filter(|(d, k)| d * 3 <= k.len().max(3))
        .min()
        .map(|(_, k)| k)
}

/// Levenshtein distance, one row of the table at a time.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substitute = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substitute.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_refuses_strangers() {
        let known = ["icebreaker", "ulx3s_25f", "ulx3s_85f"];
        let near = |n| nearest(n, known.into_iter());
        assert_eq!(near("icebraeker"), Some("icebreaker"));
        assert_eq!(near("ulx3s_25"), Some("ulx3s_25f"));
        assert_eq!(near("arty"), None);
        assert_eq!(near(&"x".repeat(10_000)), None);
        let longest = "x".repeat(MAX_NAME);
        assert_eq!(nearest(&longest, [longest.as_str()].into_iter()), Some(longest.as_str()));
    }

    #[test]
    fn distance_is_levenshtein() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("intention", "execution"), 5);
        assert_eq!(distance("flaw", "lawn"), 2);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }
}
