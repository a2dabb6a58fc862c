import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** java.net.http: {@code java Talk.java wss://HOST:PORT/v1}; the proxy comes from system properties. */
public final class Talk implements WebSocket.Listener {
    private static final Pattern TYPE = Pattern.compile("\"type\": ?\"([^\"]+)\"");
    private final StringBuilder text = new StringBuilder();
    private final CountDownLatch over = new CountDownLatch(1);

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
        text.append(data);
        if (last) {
            Matcher found = TYPE.matcher(text);
            found.find();
            String type = found.group(1);
            text.setLength(0);
            System.out.println(socket.getSubprotocol() + " " + type);
            if (type.equals("session.created")) {
                socket.sendText("{\"type\":\"conversation.item.create\",\"item\":{\"id\":\"item_" + UUID.randomUUID() + "\"}}", true);
            } else if (type.equals("conversation.item.added")) {
                socket.sendText("{\"type\":", false).thenCompose(it -> it.sendText("\"response.create\"}", true));
            } else if (type.equals("response.done")) {
                socket.sendClose(1000, "thanks");
            }
        }
        socket.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
        System.out.println("closed " + code + " " + reason);
        over.countDown();
        return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
        System.out.println("error " + error);
        over.countDown();
    }

    public static void main(String[] arguments) throws Exception {
        Talk talk = new Talk();
        HttpClient client = HttpClient.newBuilder().proxy(ProxySelector.getDefault()).build();
        client.newWebSocketBuilder().subprotocols("realtime")
            .buildAsync(URI.create(arguments[0] + "/realtime?model=java"), talk).join();
        talk.over.await(20, TimeUnit.SECONDS);
        System.exit(0);
    }
}
