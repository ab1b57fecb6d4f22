//! Numbers that are the same on every machine.
use rand::{Rng, SeedableRng};

pub fn rolls(seed: u64, count: usize) -> Vec<u8> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| rng.random_range(1..=6)).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn repeatable_and_in_range() {
        let rolls = super::rolls(7, 1000);
        assert_eq!(rolls, super::rolls(7, 1000));
        assert!(rolls.iter().all(|n| (1..=6).contains(n)));
    }
}
