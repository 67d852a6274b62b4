//! Events gathered for one answer: bounded by their number and by their weight.
//!
//! An event may be as large as a request's body, so a number alone bounds nothing.

use leasehold_model::Event;

use crate::views::Listing;

/// How heavy a page of a list may become.
pub(crate) const PAGE_BYTES: usize = 8 << 20;
/// How heavy that may become which a reader that follows a log is given at once.
pub(crate) const LOOK_BYTES: usize = 256 << 10;

/// What has been gathered.
pub(crate) struct Haul {
    events: Vec<Event>,
    room: usize,
    bytes: usize,
    more: bool,
}

impl Haul {
    /// Nothing yet, of at most so many events and bytes.
    pub(crate) fn new(most: usize, bytes: usize) -> Self {
        Self { events: Vec::new(), room: most, bytes, more: false }
    }

    /// How many events it has room for.
    pub(crate) fn room(&self) -> usize {
        self.room
    }

    /// Whether it has refused one.
    pub(crate) fn is_full(&self) -> bool {
        self.more
    }

    /// Takes one more, if it has room; the first one always fits. Whether it was taken.
    pub(crate) fn add(&mut self, event: Event) -> bool {
        let weight = event.kind.weight();
        let fits = self.room > 0 && (self.events.is_empty() || weight <= self.bytes);
        if !fits || self.more {
            self.more = true;
            return false;
        }
        self.room -= 1;
        self.bytes = self.bytes.saturating_sub(weight);
        self.events.push(event);
        true
    }

    /// All of it, in the order in which it came.
    pub(crate) fn listing(self) -> Listing<Event> {
        Listing { items: self.events, more: self.more }
    }
}
