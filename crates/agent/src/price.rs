//! What a request used, and what that costs by the operator's price list.

use leasehold_model::catalogue::Prices;
use leasehold_model::event::Usage;

use crate::chat::Usage as Tokens;

/// What tokens come to. Those of the provider's cache cost what others do unless a price is named.
pub(crate) fn priced(tokens: Tokens, prices: Prices) -> Usage {
    let Tokens {
        input_tokens,
        output_tokens,
        cache_read_input_tokens,
        cache_creation_input_tokens,
    } = tokens;
    let Prices { input, output, cache_read, cache_write } = prices;
    let cost_nanos = [
        (input_tokens, input),
        (output_tokens, output),
        (cache_read_input_tokens, cache_read.or(input)),
        (cache_creation_input_tokens, cache_write.or(input)),
    ]
    .into_iter()
    .map(|(tokens, price)| cost_nanos(tokens, price))
    .fold(0, u64::saturating_add);
    Usage {
        input_tokens,
        output_tokens,
        cache_read_input_tokens,
        cache_creation_input_tokens,
        cost_nanos,
    }
}

/// What tokens cost at a price in dollars per million.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a float to an integer saturates, and a price is an estimate to begin with"
)]
fn cost_nanos(tokens: u64, price: Option<f64>) -> u64 {
    (tokens as f64 * price.unwrap_or(0.0).max(0.0) * 1_000.0).round() as u64
}
