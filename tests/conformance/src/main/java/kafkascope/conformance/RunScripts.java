package kafkascope.conformance;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code RunScripts OUT SCRIPT…}: plays scripts of the lab language on a real cluster, and writes to {@code OUT/NAME.out} each
 * line that calls one of Kafka's tools, behind {@code > }, and what the tool said.
 *
 * <p>Of the other commands only those have a meaning here that a real cluster can follow: {@code broker kill|stop|start ID},
 * {@code run until PREDICATE}, and {@code run TIME}, which lets the brokers learn what was decided. {@code expect} is for the lab.
 */
public final class RunScripts {
    private final RealCluster cluster;

    private RunScripts(RealCluster cluster) {
        this.cluster = cluster;
    }

    public static void main(String[] arguments) throws Exception {
        RealTool.takeOver();
        Path out = Path.of(arguments[0]);
        Files.createDirectories(out);
        try (RealCluster cluster = new RealCluster()) {
            for (int i = 1; i < arguments.length; i++) {
                Path script = Path.of(arguments[i]);
                long start = System.nanoTime();
                cluster.reset();
                String said = new RunScripts(cluster).play(Files.readAllLines(script));
                String name = script.getFileName().toString().replace(".lab", ".out");
                Files.writeString(out.resolve(name), said);
                System.out.println(name + " " + (System.nanoTime() - start) / 1_000_000 + " ms");
            }
        }
        Runtime.getRuntime().halt(0);
    }

    private String play(List<String> lines) throws Exception {
        StringBuilder said = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            StringBuilder input = new StringBuilder();
            String command = line;
            int mark = line.indexOf("<<");
            if (mark >= 0) {
                String end = line.substring(mark + 2).strip();
                command = line.substring(0, mark).strip();
                for (i++; !lines.get(i).equals(end); i++) {
                    input.append(lines.get(i)).append('\n');
                }
            }
            said.append(step(line, command, input.toString()));
        }
        return said.toString();
    }

    private String step(String line, String command, String input) throws Exception {
        List<String> words = words(command);
        if (words.get(0).startsWith("kafka-")) {
            String said = RealTool.call(words, input, cluster.bootstrap());
            cluster.settle();
            return "> " + line + "\n" + said;
        }
        switch (words.get(0)) {
            case "cluster", "expect" -> { }
            case "broker" -> {
                int id = Integer.parseInt(words.get(2));
                switch (words.get(1)) {
                    case "kill" -> cluster.stop(id, false);
                    case "stop" -> cluster.stop(id, true);
                    case "start" -> cluster.start(id);
                    default -> throw new IllegalArgumentException(line);
                }
            }
            case "run" -> {
                if (words.get(1).equals("until")) {
                    cluster.awaitPredicate(command.substring("run until ".length()).replaceAll(" within .*", ""));
                } else {
                    cluster.settle();
                }
            }
            default -> throw new IllegalArgumentException("a real cluster cannot follow: " + line);
        }
        return "";
    }

    /** The words of a line, as a shell splits them. */
    static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean any = false;
        char quote = 0;
        for (char c : line.toCharArray()) {
            if (quote != 0) {
                if (c == quote) {
                    quote = 0;
                } else {
                    word.append(c);
                }
            } else if (c == '\'' || c == '"') {
                quote = c;
                any = true;
            } else if (Character.isWhitespace(c)) {
                if (any) {
                    words.add(word.toString());
                }
                word.setLength(0);
                any = false;
            } else {
                word.append(c);
                any = true;
            }
        }
        if (any) {
            words.add(word.toString());
        }
        return words;
    }
}
