//! Which events may be on their way at the same time.

use std::collections::BTreeSet;

/// Splits what has these keys into waves of at most so many: in each, no key occurs twice, and what has the same key is in a later wave.
pub(super) fn waves(keys: &[String], wave_max: usize) -> Vec<Vec<usize>> {
    let mut left: Vec<usize> = (0..keys.len()).collect();
    let mut waves = Vec::new();
    while !left.is_empty() {
        let (mut wave, mut later, mut taken) = (Vec::new(), Vec::new(), BTreeSet::new());
        for index in left {
            let is_free = keys.get(index).is_some_and(|key| taken.insert(key));
            if is_free && wave.len() < wave_max.max(1) { wave.push(index) } else { later.push(index) }
        }
        waves.push(wave);
        left = later;
    }
    waves
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_waits_for_itself_only() {
        let keys: Vec<String> = "aabacab".chars().map(String::from).collect();
        assert_eq!(waves(&keys, 9), [vec![0, 2, 4], vec![1, 6], vec![3], vec![5]]);
        assert_eq!(waves(&keys, 2), [vec![0, 2], vec![1, 4], vec![3, 6], vec![5]]);
        let all: Vec<String> = (0..5).map(|key| key.to_string()).collect();
        assert_eq!(waves(&all, 2), [vec![0, 1], vec![2, 3], vec![4]]);
        assert!(waves(&[], 2).is_empty());
    }
}
