//! How fast batches are compressed and read again: `cargo bench --no-default-features --bench codecs`, or
//! `cargo xtask bench native`.
//!
//! Plain lines, `name value unit`. Speeds count the bytes before compression: of a batch as it is built from records that
//! are there (`write`, which includes the checksum), and of its records as they are unpacked again (`read`). `size` is what
//! is left of the batch, in percent of the one without compression.

mod timing;

use kafkascope::base::Rng;
use kafkascope::record::{CompressionType, RecordBatch, RecordBatchBuilder};
use std::time::Duration;
use timing::{best, say};

const TIMES: u32 = 30;

fn main() {
    for (name, size) in [("16KiB", 16 << 10), ("1MiB", 1 << 20)] {
        for codec in CompressionType::ALL {
            bench(name, size, codec);
        }
    }
}

/// Records as applications write them: a key out of some, JSON with a number or two that nobody can guess.
fn records(size: usize, codec: CompressionType) -> RecordBatchBuilder {
    let mut rng = Rng::new(1, &"codecs");
    let mut builder = RecordBatchBuilder::new().with_compression(codec);
    while builder.size_in_bytes() < size {
        let (order, customer) = (rng.next_u64(), rng.below(1000));
        let value = format!(
            r#"{{"orderId":"{order:016x}","customer":"customer-{customer}","status":"PAID","amount":{},"currency":"KRW"}}"#,
            rng.below(1_000_000)
        );
        let key = format!("customer-{customer}");
        builder.append(1_700_000_000_000 + builder.count() as i64, Some(key.as_bytes()), Some(value.as_bytes()), &[]);
    }
    builder
}

fn bench(name: &str, size: usize, codec: CompressionType) {
    let builder = records(size, codec);
    let plain = builder.size_in_bytes();
    let batch = builder.clone().build();
    // A builder is used up by building: the copies are made beforehand.
    let mut builders: Vec<_> = (0..TIMES).map(|_| builder.clone()).collect();
    let write = best(TIMES, || builders.pop().map(RecordBatchBuilder::build));
    let parsed = RecordBatch::parse(&batch).expect("a batch");
    let read = best(TIMES, || parsed.decompressed().map(|records| records.len()).expect("readable"));
    let speed = |took: Duration| plain as f64 / took.as_secs_f64() / 1e6;
    say(&format!("{codec}_{name}_write"), speed(write), "MB/s");
    if codec != CompressionType::None {
        say(&format!("{codec}_{name}_read"), speed(read), "MB/s");
        say(&format!("{codec}_{name}_size"), 100.0 * batch.len() as f64 / plain as f64, "%");
    }
}
