package kafkascope.conformance;

import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.RecordBatch;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * {@code CheckExport DIR… [--torn DIR…]}: shows every file of these {@code log.dirs} to DumpLogSegments, with deep iteration
 * and with each check of an index, and fails if it complains of anything in those that are not torn. All that it says goes to
 * {@code DIR.dump.txt}, a {@code $} line before each call.
 */
public final class CheckExport {
    /** What a complaint begins with. */
    private static final List<String> COMPLAINTS = List.of("! ", "Found ", "Mismatches in ", "  Index ", "Indexed offset:",
        "The following indexed offsets ", "Snapshot ", "Ignoring unknown file");

    private int files;
    private final StringBuilder said = new StringBuilder();
    private final List<String> complaints = new ArrayList<>();

    private CheckExport() {
    }

    public static void main(String[] arguments) throws Exception {
        CheckExport check = new CheckExport();
        boolean torn = false;
        for (String argument : arguments) {
            if (argument.equals("--torn")) {
                torn = true;
            } else {
                check.logDir(Path.of(argument).toAbsolutePath(), torn);
            }
        }
        check.complaints.forEach(System.out::println);
        System.out.println(check.files + " files, " + check.complaints.size() + " complaints");
        System.exit(check.complaints.isEmpty() && check.files > 0 ? 0 : 1);
    }

    private void logDir(Path root, boolean torn) throws Exception {
        Set<String> cleaned = cleanedLogs(root);
        List<String> before = List.copyOf(complaints);
        said.setLength(0);
        for (Path file : DumpLogs.filesBelow(root)) {
            files++;
            String name = file.toString();
            if (name.endsWith(".log")) {
                boolean gaps = cleaned.contains(file.getParent().getFileName().toString());
                read(root, file, gaps, "--deep-iteration", "--print-data-log");
                if (file.getParent().getFileName().toString().startsWith("__consumer_offsets-")) {
                    read(root, file, gaps, "--offsets-decoder");
                }
            } else if (name.endsWith(".index") || name.endsWith(".timeindex")) {
                read(root, file, false);
                read(root, file, false, "--verify-index-only");
                read(root, file, false, "--index-sanity-check");
            } else {
                read(root, file, false);
            }
        }
        Files.writeString(Path.of(root + ".dump.txt"), said);
        if (torn) {
            complaints.retainAll(before);
        }
    }

    private void read(Path root, Path file, boolean gaps, String... flags) throws Exception {
        String text = DumpLogs.dump(root, file, flags);
        said.append("$ ").append(root.relativize(file));
        List.of(flags).forEach(flag -> said.append(' ').append(flag));
        said.append('\n').append(text);
        boolean listsGaps = false;
        for (String line : text.split("\n")) {
            listsGaps |= line.startsWith("Non-consecutive offsets in ");
            boolean complaint = COMPLAINTS.stream().anyMatch(line::startsWith)
                || line.startsWith("baseOffset: ") && line.endsWith("isvalid: false");
            // It begins each file by expecting offset 0. Compaction leaves gaps, nothing else does.
            boolean gap = listsGaps && line.contains(" is followed by ") && !line.startsWith("  -1 ") && !gaps;
            if (complaint && isOfBareHeader(file, line)) {
                continue;
            }
            if (complaint || gap) {
                complaints.add(root.relativize(file) + " " + String.join(" ", flags) + ": " + line);
            }
        }
    }

    /**
     * Whether a line is about a time index that names a batch of which the cleaner left the bare header. That is right: the
     * header keeps the largest timestamp of the records that are gone, and Kafka's cleaner indexes it as well. But the tool
     * looks for it among the records.
     */
    private static boolean isOfBareHeader(Path file, String line) throws Exception {
        String name = file.toString();
        if (!name.endsWith(".timeindex")) {
            return false;
        }
        if (line.startsWith("Found timestamp mismatch in ")) {
            return true; // A headline; each mismatch has a line below.
        }
        String end = ", log timestamp: -1";
        if (!line.startsWith("  Index timestamp: ") || !line.endsWith(end)) {
            return false;
        }
        long timestamp = Long.parseLong(line.substring("  Index timestamp: ".length(), line.length() - end.length()));
        try (FileRecords records = FileRecords.open(new File(name.replace(".timeindex", ".log")), false)) {
            for (RecordBatch batch : records.batches()) {
                if (batch.maxTimestamp() == timestamp && batch.countOrNull() == 0) {
                    return true;
                }
            }
        }
        return false;
    }

    /** The logs that the cleaner has been at, by their folders. */
    private static Set<String> cleanedLogs(Path root) throws Exception {
        Set<String> names = new HashSet<>();
        File checkpoint = root.resolve("cleaner-offset-checkpoint").toFile();
        if (checkpoint.exists()) {
            for (String line : Files.readAllLines(checkpoint.toPath())) {
                String[] words = line.split(" ");
                if (words.length == 3) {
                    names.add(words[0] + "-" + words[1]);
                }
            }
        }
        return names;
    }
}
