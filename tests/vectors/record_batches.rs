//! `record_batches.json`: batches in bytes, as Kafka's Java classes and other clients write them.

use super::support::{Vectors, flag, hex, hex_of, int, list, maybe_hex, text};
use kafkascope::record::{
    CompressionType, RECORD_BATCH_OVERHEAD, RecordBatch, RecordBatchBuilder, RecordError, layout, read_varint,
    read_varlong, varint_size, varlong_size, write_varint, write_varlong,
};
use serde_json::Value;

pub(crate) fn check(vectors: &mut Vectors) {
    for case in vectors.group("batches") {
        check_written(vectors, &case);
        check_read(vectors, &case, &hex(&case, "hex"), &case["decoded"]);
        check_other_clients(vectors, &case);
        vectors.checked();
    }
    for case in vectors.group("reference_only_batches") {
        check_read(vectors, &case, &hex(&case, "hex"), &case["decoded"]);
        check_written_again(vectors, &case);
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

fn append(builder: &mut RecordBatchBuilder, offset: i64, record: &Value) {
    let (key, value) = (maybe_hex(&record["key_hex"]), maybe_hex(&record["value_hex"]));
    let headers = headers(record);
    let headers: Vec<_> = headers.iter().map(|(key, value)| (key.as_str(), value.as_deref())).collect();
    builder.append_with_offset(offset, int(record, "timestamp"), key.as_deref(), value.as_deref(), &headers);
}

/// The input of the case, written by us: the same bytes; for a compressed batch, the same records before compression.
fn check_written(vectors: &mut Vectors, case: &Value) {
    let input = &case["input"];
    let base_offset = int(input, "base_offset");
    let epoch = i16::try_from(int(input, "producer_epoch")).expect("16 bits");
    let sequence = i32::try_from(int(input, "base_sequence")).expect("32 bits");
    let mut builder = RecordBatchBuilder::new().with_base_offset(base_offset);
    builder = builder.with_producer(int(input, "producer_id"), epoch, sequence);
    if flag(input, "transactional") {
        builder = builder.transactional();
    }
    for record in list(input, "records") {
        append(&mut builder, base_offset + int(record, "offset_delta"), record);
    }
    let written = builder.build();
    if text(input, "compression") == CompressionType::None.name() {
        assert_eq!(hex_of(&written), text(case, "hex"), "{}", text(case, "name"));
    } else {
        vectors.skip(case, "compression (records compared before it)");
        if let Some(records) = maybe_hex(&case["uncompressed_records_hex"]) {
            assert_eq!(hex_of(&written[RECORD_BATCH_OVERHEAD..]), hex_of(&records), "{}", text(case, "name"));
        }
    }
}

fn check_read(vectors: &mut Vectors, case: &Value, bytes: &[u8], decoded: &Value) {
    let name = text(case, "name");
    let batch = RecordBatch::parse(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(i64::from(batch.partition_leader_epoch()), int(decoded, "partition_leader_epoch"), "{name}");
    check_header(&name, &batch, decoded);
    let mut at = 0;
    for field in layout(&batch) {
        assert_eq!(field.range.start, at, "{name}: {field:?}");
        at = field.range.end;
    }
    assert_eq!(at, bytes.len(), "{name}");
    if batch.compression_type() == Ok(CompressionType::None) {
        check_records(&name, &batch, list(decoded, "records"));
    } else {
        vectors.skip(case, "compression (header read, records refused)");
        let refused = batch.records().next();
        assert!(matches!(refused, Some(Err(RecordError::UnsupportedCompression(_)))), "{name}: {refused:?}");
    }
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
        assert_eq!(record.key.map(<[u8]>::to_vec), maybe_hex(&expected["key_hex"]), "{name}");
        assert_eq!(record.value.map(<[u8]>::to_vec), maybe_hex(&expected["value_hex"]), "{name}");
        let found: Headers =
            record.headers.iter().map(|it| (it.key.to_string(), it.value.map(<[u8]>::to_vec))).collect();
        assert_eq!(found, headers(expected), "{name}");
    }
}

/// Other clients write the same records, whatever they make of the header.
fn check_other_clients(vectors: &mut Vectors, case: &Value) {
    for client in ["kafka_python_hex", "kafkajs_hex"] {
        let Some(bytes) = maybe_hex(&case[client]) else { continue };
        let name = format!("{} by {client}", text(case, "name"));
        let batch = RecordBatch::parse(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(batch.is_valid(), "{name}");
        if batch.compression_type() == Ok(CompressionType::None) {
            check_records(&name, &batch, list(&case["decoded"], "records"));
        } else {
            vectors.skip(case, "other clients' compression (CRC checked, records refused)");
        }
    }
}

/// What was decoded, written again, if a producer could have written it.
fn check_written_again(vectors: &mut Vectors, case: &Value) {
    let (decoded, bits) = (&case["decoded"], &case["decoded"]["attribute_bits"]);
    let (base_offset, records) = (int(decoded, "base_offset"), list(decoded, "records"));
    let reason = match (records.first(), records.last()) {
        _ if text(bits, "compression") != CompressionType::None.name() => Some("compression"),
        _ if flag(bits, "delete_horizon") => Some("a delete horizon, which only the cleaner writes"),
        (Some(_), Some(last)) if int(last, "offset") != base_offset + int(decoded, "last_offset_delta") => {
            Some("a gap at the end, which only the cleaner leaves")
        }
        (None, _) => Some("a batch without records, which only the cleaner writes"),
        _ if text(bits, "timestamp_type") != "CreateTime" => Some("timestamps that the append overwrote"),
        _ => None,
    };
    if let Some(reason) = reason {
        vectors.skip(case, format!("{reason} (read, not written again)"));
        return;
    }
    let epoch = i16::try_from(int(decoded, "producer_epoch")).expect("16 bits");
    let sequence = i32::try_from(int(decoded, "base_sequence")).expect("32 bits");
    let leader_epoch = i32::try_from(int(decoded, "partition_leader_epoch")).expect("32 bits");
    let mut builder = RecordBatchBuilder::new()
        .with_base_offset(base_offset)
        .with_partition_leader_epoch(leader_epoch)
        .with_producer(int(decoded, "producer_id"), epoch, sequence);
    if flag(bits, "transactional") {
        builder = builder.transactional();
    }
    if flag(bits, "control") {
        builder = builder.control();
    }
    for record in records {
        append(&mut builder, int(record, "offset"), record);
    }
    assert_eq!(hex_of(&builder.build()), text(case, "hex"), "{}", text(case, "name"));
}
