import java.util.List;
import java.util.stream.Collectors;

/** The line of JSON that every program here prints. */
final class Printed {
    private Printed() {}

    static void plain(String text) {
        print("{\"text\": " + quoted(text) + "}");
    }

    static void stream(List<String> chunks) {
        String list = chunks.stream().map(Printed::quoted).collect(Collectors.joining(", "));
        print("{\"text\": " + quoted(String.join("", chunks)) + ", \"chunks\": [" + list + "]}");
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private static void print(String line) {
        byte[] bytes = (line + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8);
        System.out.write(bytes, 0, bytes.length);
        System.out.flush();
    }
}
