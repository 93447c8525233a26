//! The nearest known word for an unknown one in a configuration.

/// A parser's message, with a suggestion when it names an unknown word and those it expected.
pub fn with_suggestion(message: &str) -> String {
    let near = || {
        let (_, rest) = message.split_once("unknown ")?;
        let mut words = rest.split('`').skip(1).step_by(2);
        let unknown = words.next()?;
        let distance = |w: &&str| edits(unknown, w);
        let word = words.min_by_key(distance)?;
        (edits(unknown, word) <= 1 + unknown.len() / 3).then_some(word)
    };
    match near() {
        Some(word) => format!("{}\ndid you mean `{word}`?", message.trim_end()),
        None => message.to_owned(),
    }
}

/// Insertions, deletions and replacements that turn one word into the other (Levenshtein).
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_by_hand() {
        for (a, b, n) in [("", "abc", 3), ("kitten", "sitting", 3), ("epoch", "epochs", 1)] {
            assert_eq!((edits(a, b), edits(b, a)), (n, n));
        }
    }

    #[test]
    fn only_near_words_are_suggested() {
        let message = "unknown field `lerning_rate`, expected `kind` or `learning_rate`";
        assert!(with_suggestion(message).ends_with("did you mean `learning_rate`?"));
        let far = "unknown field `colour`, expected one of `method`, `seed`";
        assert_eq!(with_suggestion(far), far);
        assert_eq!(with_suggestion("missing field `a`"), "missing field `a`");
    }
}
