//! A map of bounded size that forgets its oldest entries.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem;

/// Entries in two generations. A full young generation becomes the old one, and the old one is forgotten, so the map
/// holds at most `2 * capacity` entries and always the newest `capacity`.
#[derive(Debug)]
pub(crate) struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    capacity: usize,
}

impl<K: Hash + Eq, V: Copy> Generations<K, V> {
    /// Creates an empty map whose generations hold this many entries.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            capacity: capacity.max(1),
        }
    }

    /// Returns the value of a key, if it is not forgotten.
    pub(crate) fn get(&self, key: &K) -> Option<V> {
        self.young.get(key).or_else(|| self.old.get(key)).copied()
    }

    /// Sets the value of a key.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= self.capacity && !self.young.contains_key(&key) {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    /// Keeps the entries whose value is still wanted, and gives the room of the others back.
    pub(crate) fn retain(&mut self, wanted: impl Fn(V) -> bool) {
        for generation in [&mut self.young, &mut self.old] {
            generation.retain(|_, value| wanted(*value));
            generation.shrink_to_fit();
        }
    }

    /// Returns true if nothing is kept.
    pub(crate) fn is_empty(&self) -> bool {
        self.young.is_empty() && self.old.is_empty()
    }

    /// Returns the number of kept entries.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_and_the_size_is_bounded() {
        let mut map = Generations::new(10);
        for number in 0..1000_u32 {
            map.insert(number, number);
            assert_eq!(map.get(&number), Some(number));
            assert!(map.len() <= 20);
            assert!((number.saturating_sub(9)..=number).all(|kept| map.get(&kept).is_some()));
        }
        assert_eq!(map.get(&0), None);
        map.retain(|_| false);
        assert!(map.is_empty());
    }
}
