//! A fixed hash of names, for what must be spread evenly and never move.

/// FNV-1a with the finalizer of `MurmurHash3`, so that every bit depends on every byte.
///
/// It decides which shard an alarm lives in: changing it would move resources between stacks.
pub(crate) fn stable_hash(text: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::stable_hash;

    /// These values are deployed: they may never change.
    #[test]
    fn the_hash_never_changes() {
        assert_eq!(stable_hash(""), 0xefd0_1f60_ba99_2926);
        assert_eq!(stable_hash("checkout-5xx"), 0xe76f_8dc0_420b_2838);
    }
}
