package kafkascope.conformance;

import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.ByteBufferOutputStream;

import java.nio.charset.StandardCharsets;

/**
 * Makes the batches that a producer sends: plain, idempotent or transactional ones, with the sequence numbers that are due.
 */
final class Producer {
    private final long id;
    private short epoch;
    private final boolean transactional;
    private Compression compression = Compression.NONE;
    private int nextSequence;

    private Producer(long id, int epoch, int nextSequence, boolean transactional) {
        this.id = id;
        this.epoch = (short) epoch;
        this.nextSequence = nextSequence;
        this.transactional = transactional;
    }

    /** One whose batches carry no producer id. */
    static Producer plain() {
        return new Producer(RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH, RecordBatch.NO_SEQUENCE, false);
    }

    /** One with {@code enable.idempotence}. */
    static Producer idempotent(long id, int epoch) {
        return idempotent(id, epoch, 0);
    }

    /** The same, far along in its sequence. */
    static Producer idempotent(long id, int epoch, int nextSequence) {
        return new Producer(id, epoch, nextSequence, false);
    }

    /** One with a transactional id. */
    static Producer transactional(long id, int epoch) {
        return new Producer(id, epoch, 0, true);
    }

    /** From now on, batches are compressed. */
    Producer with(Compression compression) {
        this.compression = compression;
        return this;
    }

    /** The next batch. */
    MemoryRecords batch(SimpleRecord... records) {
        ByteBufferOutputStream out = new ByteBufferOutputStream(512);
        MemoryRecordsBuilder builder = new MemoryRecordsBuilder(out, RecordBatch.CURRENT_MAGIC_VALUE, compression,
            TimestampType.CREATE_TIME, 0L, RecordBatch.NO_TIMESTAMP, id, epoch, nextSequence, transactional, false,
            RecordBatch.NO_PARTITION_LEADER_EPOCH, Integer.MAX_VALUE);
        for (SimpleRecord record : records) {
            builder.append(record);
        }
        if (id != RecordBatch.NO_PRODUCER_ID) {
            // After 2³¹−1 comes 0.
            nextSequence = (int) ((nextSequence + (long) records.length) & Integer.MAX_VALUE);
        }
        return builder.build();
    }

    /**
     * The marker that the coordinator writes when this producer's transaction ends. Under transaction.version 2 it carries
     * the next producer epoch, with which the producer goes on, its sequence begun anew.
     */
    MemoryRecords marker(ControlRecordType type, long timestamp, int coordinatorEpoch, int transactionVersion) {
        if (transactionVersion >= 2) {
            epoch++;
            nextSequence = 0;
        }
        return MemoryRecords.withEndTransactionMarker(timestamp, id, epoch, new EndTransactionMarker(type, coordinatorEpoch));
    }

    static SimpleRecord record(long timestamp, String key, String value, Header... headers) {
        return new SimpleRecord(timestamp, bytes(key), bytes(value), headers);
    }

    static Header header(String key, String value) {
        return new RecordHeader(key, bytes(value));
    }

    private static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }
}
