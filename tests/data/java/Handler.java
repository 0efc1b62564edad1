import java.util.Map;
public class Handler {
  private static int calls;
  public Map<String, Object> handle(Map<String, Object> event) {
    System.out.println("SAW " + event.get("n"));
    if (event.containsKey("fail")) throw new IllegalStateException("as asked");
    return Map.of("n", event.get("n"), "calls", ++calls, "java", System.getProperty("java.specification.version"));
  }
}
