//! An order drawn by lot.

use std::hash::{BuildHasher as _, RandomState};

/// Shuffles a list, differently in each process and each time.
pub(super) fn shuffle<T>(list: &mut Vec<T>) {
    let lots = RandomState::new();
    let mut drawn: Vec<(u64, T)> =
        list.drain(..).enumerate().map(|(index, item)| (lots.hash_one(index), item)).collect();
    drawn.sort_by_key(|(lot, _)| *lot);
    list.extend(drawn.into_iter().map(|(_, item)| item));
}

#[cfg(test)]
mod tests {
    use super::shuffle;

    #[test]
    fn every_order_comes_up_and_nothing_is_lost() {
        let mut first = [0; 3];
        for _ in 0..300 {
            let mut list = vec![0, 1, 2];
            shuffle(&mut list);
            first[list[0]] += 1;
            list.sort_unstable();
            assert_eq!(list, [0, 1, 2]);
        }
        assert!(first.iter().all(|&count| count > 30), "{first:?}");
    }
}
