//! Work on the parts of an account, on as many cores as there are.

use std::{num::NonZero, panic, thread};

/// What `work` makes of each item, in their order. It is called from several threads.
///
/// # Panics
///
/// When `work` does.
pub fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let share = items.len().div_ceil(cores).max(1);
    // The caller does its share, too: it has memory to reuse, which no other thread can.
    let (own, others) = items.split_at(share.min(items.len()));
    let work = &work;
    thread::scope(|scope| {
        let others: Vec<_> = others
            .chunks(share)
            .map(|share| scope.spawn(move || share.iter().map(work).collect::<Vec<R>>()))
            .collect();
        let mut done: Vec<R> = own.iter().map(work).collect();
        for other in others {
            done.extend(other.join().unwrap_or_else(|it| panic::resume_unwind(it)));
        }
        done
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_items() {
        for count in [0, 1, 2, 3, 100] {
            let items: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> = items.iter().map(|it| it * 2).collect();
            assert_eq!(map(&items, |it| it * 2), doubled);
        }
    }
}
