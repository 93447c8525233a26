//! The nearest known word for an unknown one in a configuration.

/// A parser's message, with a suggestion when it names an unknown word and those it expected.
pub fn with_suggestion(message: &str) -> String {
    let near = || {
        let (_, rest) = message.split_once("unknown ")?;
        let mut words = rest.split('`').skip(1).step_by(2);
        let unknown = words.next()?;
        spikewright_ir::nearest(unknown, words)
    };
    match near() {
        Some(word) => format!("{}\ndid you mean `{word}`?", message.trim_end()),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_words_are_suggested() {
        let message = "unknown field `lerning_rate`, expected `kind` or `learning_rate`";
        assert!(with_suggestion(message).ends_with("did you mean `learning_rate`?"));
        let far = "unknown field `colour`, expected one of `method`, `seed`";
        assert_eq!(with_suggestion(far), far);
        assert_eq!(with_suggestion("missing field `a`"), "missing field `a`");
    }
}
