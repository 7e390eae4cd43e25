//! `record_batches.json`: batches in bytes, as Kafka's Java classes and other clients write them.

use super::support::{Vectors, flag, hex, hex_of, int, list, maybe_hex, text};
use kafkascope::record::{
    CompressionType, Field, FieldName, RECORD_BATCH_OVERHEAD, RecordBatch, RecordBatchBuilder, TimestampType, layout,
    read_varint, read_varlong, varint_size, varlong_size, write_varint, write_varlong,
};
use serde_json::Value;

pub(crate) fn check(vectors: &mut Vectors) {
    for case in vectors.group("batches") {
        check_written(&case);
        check_read(&case);
        check_other_clients(&case);
        vectors.checked();
    }
    for case in vectors.group("reference_only_batches") {
        check_read(&case);
        check_written_again(&case);
        vectors.checked();
    }
    for case in vectors.group("varints") {
        check_varint(&case);
    }
    for case in vectors.group("crc32c") {
        let crc = crc32c::crc32c(text(&case, "ascii").as_bytes());
        assert_eq!(format!("{crc:08x}"), text(&case, "crc32c"), "{case}");
    }
}

fn check_varint(case: &Value) {
    let (value, expected, mut bytes) = (int(case, "value"), hex(case, "hex"), Vec::new());
    let (read, size) = match text(case, "type").as_str() {
        "varint32" => {
            let value = i32::try_from(value).expect("32 bits");
            write_varint(&mut bytes, value);
            let (read, size) = read_varint(&expected).expect("a varint");
            assert_eq!((size, varint_size(value)), (bytes.len(), bytes.len()), "{case}");
            (i64::from(read), size)
        }
        "varint64" => {
            write_varlong(&mut bytes, value);
            assert_eq!(varlong_size(value), bytes.len(), "{case}");
            read_varlong(&expected).expect("a varlong")
        }
        other => panic!("{other} is no kind of varint"),
    };
    assert_eq!((hex_of(&bytes), read, size as i64), (hex_of(&expected), value, int(case, "size")), "{case}");
}

type Headers = Vec<(String, Option<Vec<u8>>)>;

/// Headers are pairs, or objects.
fn headers(record: &Value) -> Headers {
    let text_or_hex = |text: &Value, hex: &Value| match (text.as_str(), maybe_hex(hex)) {
        (Some(text), _) => text.to_string(),
        (None, Some(bytes)) => String::from_utf8(bytes).expect("UTF-8"),
        (None, None) => panic!("a header needs a key: {record}"),
    };
    list(record, "headers")
        .iter()
        .map(|header| match header {
            Value::Array(pair) => (text_or_hex(&pair[0], &Value::Null), maybe_hex(&pair[1])),
            _ => (text_or_hex(&header["key"], &header["key_hex"]), maybe_hex(&header["value_hex"])),
        })
        .collect()
}

fn append(builder: &mut RecordBatchBuilder, offset: i64, timestamp: i64, record: &Value) {
    let (key, value) = (maybe_hex(&record["key_hex"]), maybe_hex(&record["value_hex"]));
    let headers = headers(record);
    let headers: Vec<_> = headers.iter().map(|(key, value)| (key.as_str(), value.as_deref())).collect();
    builder.append_with_offset(offset, timestamp, key.as_deref(), value.as_deref(), &headers);
}

/// The input of the case, written by us: the same bytes; for a compressed batch, whose bytes are the codec's affair, the
/// same records once they are decompressed, and the same header but for length and CRC.
fn check_written(case: &Value) {
    let (input, name) = (&case["input"], text(case, "name"));
    let base_offset = int(input, "base_offset");
    let epoch = i16::try_from(int(input, "producer_epoch")).expect("16 bits");
    let sequence = i32::try_from(int(input, "base_sequence")).expect("32 bits");
    let codec = CompressionType::for_name(&text(input, "compression")).expect("a codec");
    let mut builder = RecordBatchBuilder::new()
        .with_base_offset(base_offset)
        .with_producer(int(input, "producer_id"), epoch, sequence)
        .with_transactional(flag(input, "transactional"))
        .with_compression(codec);
    for record in list(input, "records") {
        append(&mut builder, base_offset + int(record, "offset_delta"), int(record, "timestamp"), record);
    }
    let (written, expected) = (builder.build(), hex(case, "hex"));
    if codec == CompressionType::None {
        assert_eq!(hex_of(&written), hex_of(&expected), "{name}");
        return;
    }
    let batch = RecordBatch::parse(&written).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(batch.is_valid(), "{name}");
    assert_eq!(written[21..RECORD_BATCH_OVERHEAD], expected[21..RECORD_BATCH_OVERHEAD], "{name}");
    let records = batch.decompressed().unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(hex_of(&records), text(case, "uncompressed_records_hex"), "{name}");
}

fn check_read(case: &Value) {
    let (name, bytes, decoded) = (text(case, "name"), hex(case, "hex"), &case["decoded"]);
    let batch = RecordBatch::parse(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(i64::from(batch.partition_leader_epoch()), int(decoded, "partition_leader_epoch"), "{name}");
    check_header(&name, &batch, decoded);
    let laid_out = layout(&batch);
    check_covered(&name, &laid_out.fields, bytes.len());
    assert_eq!(laid_out.decompressed.is_some(), batch.is_compressed(), "{name}");
    if let Some(inner) = laid_out.decompressed {
        check_covered(&name, &inner.fields, inner.bytes.len());
        assert_eq!(hex_of(&inner.bytes), text(case, "uncompressed_records_hex"), "{name}");
    }
    check_records(&name, &batch, list(decoded, "records"));
}

fn check_covered(name: &str, fields: &[Field], size: usize) {
    let mut at = 0;
    for field in fields {
        assert_eq!(field.range.start, at, "{name}: {field:?}");
        at = field.range.end;
    }
    assert_eq!(at, size, "{name}");
}

fn check_header(name: &str, batch: &RecordBatch<'_>, decoded: &Value) {
    let numbers = [
        ("base_offset", batch.base_offset()),
        ("batch_length", batch.batch_length().into()),
        ("magic", batch.magic().into()),
        ("crc32c", batch.checksum().into()),
        ("attributes", batch.attributes().0.into()),
        ("last_offset_delta", batch.last_offset_delta().into()),
        ("base_timestamp", batch.base_timestamp()),
        ("max_timestamp", batch.max_timestamp()),
        ("producer_id", batch.producer_id()),
        ("producer_epoch", batch.producer_epoch().into()),
        ("base_sequence", batch.base_sequence().into()),
        ("records_count", batch.records_count().into()),
        ("total_bytes", batch.size_in_bytes() as i64),
    ];
    for (key, found) in numbers {
        assert_eq!(found, int(decoded, key), "{name}: {key}");
    }
    assert_eq!(batch.is_valid(), flag(decoded, "crc_valid"), "{name}: CRC");
    let bits = &decoded["attribute_bits"];
    assert_eq!(batch.compression_type().expect("a codec").name(), text(bits, "compression"), "{name}");
    assert_eq!(batch.timestamp_type().name(), text(bits, "timestamp_type"), "{name}");
    assert_eq!(batch.is_transactional(), flag(bits, "transactional"), "{name}");
    assert_eq!(batch.is_control_batch(), flag(bits, "control"), "{name}");
    assert_eq!(batch.attributes().has_delete_horizon(), flag(bits, "delete_horizon"), "{name}");
}

fn check_records(name: &str, batch: &RecordBatch<'_>, expected: &[Value]) {
    let records: Vec<_> = batch.records().collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(records.len(), expected.len(), "{name}");
    for (record, expected) in records.iter().zip(expected) {
        assert_eq!(record.offset, int(expected, "offset"), "{name}");
        assert_eq!(record.timestamp, int(expected, "timestamp"), "{name}");
        assert_eq!(record.key.as_deref().map(<[u8]>::to_vec), maybe_hex(&expected["key_hex"]), "{name}");
        assert_eq!(record.value.as_deref().map(<[u8]>::to_vec), maybe_hex(&expected["value_hex"]), "{name}");
        let found: Headers =
            record.headers.iter().map(|it| (it.key.to_string(), it.value.as_deref().map(<[u8]>::to_vec))).collect();
        assert_eq!(found, headers(expected), "{name}");
    }
}

/// Other clients write the same records, whatever they make of the header.
fn check_other_clients(case: &Value) {
    for client in ["kafka_python_hex", "kafkajs_hex"] {
        let Some(bytes) = maybe_hex(&case[client]) else { continue };
        let name = format!("{} by {client}", text(case, "name"));
        let batch = RecordBatch::parse(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(batch.is_valid(), "{name}");
        check_records(&name, &batch, list(&case["decoded"], "records"));
    }
}

/// What was decoded, written again: the same bytes. What a leader or the cleaner does to a batch is done here too.
fn check_written_again(case: &Value) {
    let (name, bytes, decoded) = (text(case, "name"), hex(case, "hex"), &case["decoded"]);
    let (base_offset, records) = (int(decoded, "base_offset"), list(decoded, "records"));
    let original = RecordBatch::parse(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    if records.is_empty() {
        assert_eq!(hex_of(&RecordBatchBuilder::empty_batch(&original)), hex_of(&bytes), "{name}");
        return;
    }
    let bits = &decoded["attribute_bits"];
    let epoch = i16::try_from(int(decoded, "producer_epoch")).expect("16 bits");
    let sequence = i32::try_from(int(decoded, "base_sequence")).expect("32 bits");
    let leader_epoch = i32::try_from(int(decoded, "partition_leader_epoch")).expect("32 bits");
    let mut builder = RecordBatchBuilder::new()
        .with_base_offset(base_offset)
        .with_last_offset(base_offset + int(decoded, "last_offset_delta"))
        .with_partition_leader_epoch(leader_epoch)
        .with_producer(int(decoded, "producer_id"), epoch, sequence)
        .with_transactional(flag(bits, "transactional"))
        .with_control(flag(bits, "control"));
    if flag(bits, "delete_horizon") {
        builder = builder.with_delete_horizon(int(decoded, "base_timestamp"));
    }
    if text(bits, "timestamp_type") == TimestampType::LogAppendTime.name() {
        builder = builder.with_log_append_time(int(decoded, "max_timestamp"));
    }
    for (record, timestamp) in records.iter().zip(create_times(&original)) {
        append(&mut builder, int(record, "offset"), timestamp, record);
    }
    assert_eq!(hex_of(&builder.build()), hex_of(&bytes), "{name}");
    if let Ok(Some(marker)) = original.end_transaction_marker() {
        let timestamp = int(decoded, "base_timestamp");
        let builder = RecordBatchBuilder::end_transaction_marker(timestamp, original.producer_id(), epoch, marker);
        let builder = builder.with_base_offset(base_offset).with_partition_leader_epoch(leader_epoch);
        assert_eq!(hex_of(&builder.build()), hex_of(&bytes), "{name}");
    } else {
        assert!(!original.is_control_batch(), "{name}");
    }
}

/// The timestamps that the producer gave the records: with LogAppendTime one sees them no more, but they are there.
fn create_times(batch: &RecordBatch<'_>) -> Vec<i64> {
    let deltas = layout(batch).fields.into_iter().filter(|field| field.name == FieldName::TimestampDelta);
    deltas.map(|field| batch.base_timestamp() + field.value.parse::<i64>().expect("a number")).collect()
}
