//! What is found by its number, again and again within one event, and gone through in the order of the numbers.

use std::hash::Hash;

use crate::hash::Map;

/// Values by key. The one that was put in or changed last is at hand: it is found without a look-up.
#[derive(Clone, Debug)]
pub(super) struct Table<K, V> {
    place_of: Map<K, usize>,
    places: Vec<Option<V>>,
    free: Vec<usize>,
    at_hand: Option<(K, usize)>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { place_of: Map::default(), places: Vec::new(), free: Vec::new(), at_hand: None }
    }
}

impl<K: Copy + Ord + Hash, V> Table<K, V> {
    fn place(&self, key: K) -> Option<usize> {
        match self.at_hand {
            Some((known, place)) if known == key => Some(place),
            _ => self.place_of.get(&key).copied(),
        }
    }

    pub(super) fn get(&self, key: K) -> Option<&V> {
        self.places.get(self.place(key)?)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let place = self.place(key)?;
        self.at_hand = Some((key, place));
        self.places.get_mut(place)?.as_mut()
    }

    /// Puts a value in, in the place of what the key had before.
    pub(super) fn insert(&mut self, key: K, value: V) {
        let place = self.place(key).unwrap_or_else(|| {
            let place = self.free.pop().unwrap_or(self.places.len());
            self.place_of.insert(key, place);
            place
        });
        self.at_hand = Some((key, place));
        match self.places.get_mut(place) {
            Some(old) => *old = Some(value),
            None => self.places.push(Some(value)),
        }
    }

    pub(super) fn remove(&mut self, key: K) -> Option<V> {
        let place = self.place_of.remove(&key)?;
        self.at_hand = None;
        self.free.push(place);
        self.places.get_mut(place)?.take()
    }

    /// All of them, by key.
    pub(super) fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        let mut all: Vec<(K, usize)> = self.place_of.iter().map(|(key, place)| (*key, *place)).collect();
        all.sort_unstable();
        all.into_iter().filter_map(|(key, place)| Some((key, self.places.get(place)?.as_ref()?)))
    }

    /// All of them, in no order.
    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.places.iter().flatten()
    }

    /// The same, to change them.
    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.places.iter_mut().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn finds_what_was_put_in_last_and_goes_through_it_in_order() {
        let mut table = Table::default();
        for key in [7u16, 3, 9] {
            table.insert(key, u32::from(key));
        }
        table.insert(3, 30);
        assert_eq!(table.remove(7), Some(7));
        assert_eq!(table.get(7), None);
        assert_eq!(table.remove(7), None);
        table.insert(1, 10);
        assert_eq!(table.iter().collect::<Vec<_>>(), [(1, &10), (3, &30), (9, &9)]);
        if let Some(value) = table.get_mut(9) {
            *value += 1;
        }
        assert_eq!((table.get(9), table.get(1), table.get(2)), (Some(&10), Some(&10), None));
    }
}
