//! Values at stable places, in chunks: growing never moves or doubles what is there.

use std::ops::{Index, IndexMut};

const CHUNK_BITS: u32 = 10;
const CHUNK: usize = 1 << CHUNK_BITS;

/// A growing set of places.
pub(super) struct Slab<T> {
    chunks: Vec<Vec<Option<T>>>,
    free: Vec<u32>,
    next: u32,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), free: Vec::new(), next: 0 }
    }
}

impl<T> Slab<T> {
    /// Puts a value somewhere and says where.
    pub(super) fn insert(&mut self, value: T) -> u32 {
        if let Some(slot) = self.free.pop() {
            *self.place(slot) = Some(value);
            return slot;
        }
        let slot = self.next;
        self.next += 1;
        if usize::try_from(slot).is_ok_and(|slot| slot.is_multiple_of(CHUNK)) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.push(Some(value));
        }
        slot
    }

    /// Takes a value away; its place may be given to another.
    pub(super) fn remove(&mut self, slot: u32) {
        if self.place(slot).take().is_some() {
            self.free.push(slot);
        }
    }

    fn place(&mut self, slot: u32) -> &mut Option<T> {
        let (chunk, place) = split(slot);
        &mut self.chunks[chunk][place]
    }
}

fn split(slot: u32) -> (usize, usize) {
    let slot = usize::try_from(slot).unwrap_or(usize::MAX);
    (slot >> CHUNK_BITS, slot & (CHUNK - 1))
}

impl<T> Index<u32> for Slab<T> {
    type Output = T;

    fn index(&self, slot: u32) -> &T {
        let (chunk, place) = split(slot);
        self.chunks[chunk][place].as_ref().unwrap_or_else(|| unreachable!("slot {slot} is free"))
    }
}

impl<T> IndexMut<u32> for Slab<T> {
    fn index_mut(&mut self, slot: u32) -> &mut T {
        self.place(slot).as_mut().unwrap_or_else(|| unreachable!("slot {slot} is free"))
    }
}
