//! Words of a text.
use itertools::Itertools;
use regex::Regex;
use unicode_normalization::UnicodeNormalization;

pub fn words(text: &str) -> Vec<String> {
    let word = Regex::new(r"[\p{L}\p{N}]+").expect("a constant expression");
    word.find_iter(text).map(|m| m.as_str().nfc().collect::<String>().to_lowercase()).sorted().dedup().collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_are_sorted_once() {
        assert_eq!(super::words("b, a b; C"), ["a", "b", "c"]);
    }
}
