use bench_cli::{answer, Arguments};
use clap::Parser;
use proptest::prelude::*;

#[test]
fn table() {
    let arguments = Arguments::try_parse_from(["bench", "look", "key-3"]).unwrap();
    assert_eq!(answer(&arguments).unwrap(), "9");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn as_many_rolls_as_wanted(count in 0usize..20) {
        let arguments = Arguments::try_parse_from(["bench", "roll", &count.to_string()]).unwrap();
        prop_assert_eq!(answer(&arguments).unwrap().matches(|c: char| c.is_ascii_digit()).count(), count);
    }
}
