//! The house's own paths, under `/leasehold/v1`.

mod accounts;
mod attempts;
mod clock;
mod keys;
mod tokens;
