import chancery.v1.AsOf;
import chancery.v1.AuditServiceGrpc;
import chancery.v1.Change;
import chancery.v1.ChangeContext;
import chancery.v1.CompleteVisitRequest;
import chancery.v1.Completed;
import chancery.v1.Date;
import chancery.v1.DeskServiceGrpc;
import chancery.v1.ExportBundleRequest;
import chancery.v1.GetCheckpointRequest;
import chancery.v1.GetServerInfoRequest;
import chancery.v1.GetVisitRequest;
import chancery.v1.HistoryServiceGrpc;
import chancery.v1.HistoryServiceGrpc.HistoryServiceBlockingStub;
import chancery.v1.Host;
import chancery.v1.ImportChangesRequest;
import chancery.v1.ImportChangesResponse;
import chancery.v1.InfoServiceGrpc;
import chancery.v1.PostponeVisitRequest;
import chancery.v1.Postponed;
import chancery.v1.Principal;
import chancery.v1.ReadEventsRequest;
import chancery.v1.RecordedEvent;
import chancery.v1.ScheduleVisitRequest;
import chancery.v1.Scheduled;
import chancery.v1.VisitDetails;
import chancery.v1.VisitServiceGrpc;
import chancery.v1.WatchEventsRequest;
import chancery.v1.WatchEventsResponse;
import chancery.v1.Window;
import com.google.gson.Gson;
import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.PreconditionFailure;
import com.google.rpc.RetryInfo;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** The steps with grpc-java: Client HOST:PORT visits/NAME. */
final class Client {
  static ManagedChannel connect(String target) throws IOException {
    String serviceConfig = Files.readString(Path.of("java/service_config.json"));
    return ManagedChannelBuilder.forTarget(target)
        .usePlaintext()
        .defaultServiceConfig(new Gson().<Map<String, ?>>fromJson(serviceConfig, Map.class))
        .enableRetry()
        .keepAliveTime(20, TimeUnit.SECONDS)
        .keepAliveTimeout(10, TimeUnit.SECONDS)
        .build();
  }

  /** What the details of an error say. What an error lacks is empty. */
  record Refusal(ErrorInfo info, BadRequest fields, PreconditionFailure rules, Duration retryDelay) {
    static Refusal of(StatusRuntimeException error) throws InvalidProtocolBufferException {
      ErrorInfo info = ErrorInfo.getDefaultInstance();
      BadRequest fields = BadRequest.getDefaultInstance();
      PreconditionFailure rules = PreconditionFailure.getDefaultInstance();
      RetryInfo retry = RetryInfo.getDefaultInstance();
      for (Any detail : StatusProto.fromThrowable(error).getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          info = detail.unpack(ErrorInfo.class);
        } else if (detail.is(BadRequest.class)) {
          fields = detail.unpack(BadRequest.class);
        } else if (detail.is(PreconditionFailure.class)) {
          rules = detail.unpack(PreconditionFailure.class);
        } else if (detail.is(RetryInfo.class)) {
          retry = detail.unpack(RetryInfo.class);
        }
      }
      return new Refusal(info, fields, rules, retry.getRetryDelay());
    }
  }

  /** Where a reader of the log is. Keep both, to resume in a later run. */
  static final class Place {
    long position = 0;
    String logOrigin = "";
  }

  /**
   * Gives each frame of a watch to {@code take}, until that says no. It resumes after the last one
   * when the server was away, and tells {@code cut} why it was.
   */
  static void follow(
      HistoryServiceBlockingStub history,
      Place where,
      Predicate<WatchEventsResponse> take,
      Consumer<Status> cut)
      throws Exception {
    for (long wait = 100; ; wait = Math.min(2 * wait, 5000)) {
      long begun = where.position;
      try {
        if (!watch(history, where, take)) {
          return;
        }
      } catch (StatusRuntimeException error) {
        Status.Code code = error.getStatus().getCode();
        if (code != Status.Code.UNAVAILABLE && code != Status.Code.CANCELLED) {
          throw error;
        }
        cut.accept(error.getStatus());
      }
      wait = where.position > begun ? 100 : wait;
      Thread.sleep(wait);
    }
  }

  /**
   * Gives frames to {@code take} until that says no (false) or the server ends the stream (true).
   * The place moves on once a frame was taken.
   */
  static boolean watch(
      HistoryServiceBlockingStub history, Place where, Predicate<WatchEventsResponse> take)
      throws Exception {
    var request =
        WatchEventsRequest.newBuilder()
            .setAfterPosition(where.position)
            .setLogOrigin(where.logOrigin)
            .build();
    try (var call = Context.current().withCancellation()) {
      return call.call(
          () -> {
            var frames = history.watchEvents(request);
            while (frames.hasNext()) {
              var frame = frames.next();
              boolean goesOn = take.test(frame);
              where.position = frame.getPosition();
              if (!frame.getLogOrigin().isEmpty()) {
                where.logOrigin = frame.getLogOrigin();
              }
              if (!goesOn) {
                return false;
              }
            }
            return true;
          });
    }
  }

  // 2023-01-17 12:00:00.123456, to the microsecond.
  private static final Timestamp KNOWN =
      Timestamp.newBuilder().setSeconds(1673956800).setNanos(123456000).build();
  private static final Date DAY = Date.newBuilder().setYear(2023).setMonth(2).setDay(5).build();
  private static final Scheduled SCHEDULED =
      Scheduled.newBuilder()
          .setDetails(
              VisitDetails.newBuilder()
                  .setTitle("The secretary of state to Beijing")
                  .setPrincipal(Principal.newBuilder().setName("Antony Blinken").setCountry("US"))
                  .setHost(Host.newBuilder().setCountry("CN")))
          .setWindow(Window.newBuilder().setStart(DAY).setEnd(DAY))
          .build();

  private static void tell(String step, Map<String, ?> told) {
    var line = new HashMap<String, Object>(told);
    line.put("step", step);
    System.out.println(new Gson().toJson(line));
  }

  private interface Call {
    void make() throws Exception;
  }

  private static StatusRuntimeException failing(Call call) throws Exception {
    try {
      call.make();
    } catch (StatusRuntimeException error) {
      return error;
    }
    throw new AssertionError("the call succeeded");
  }

  private static int codeOf(StatusRuntimeException error) {
    return error.getStatus().getCode().value();
  }

  private static Map<String, Object> toldOf(StatusRuntimeException error) throws Exception {
    return new HashMap<>(
        Map.of("code", codeOf(error), "reason", Refusal.of(error).info().getReason()));
  }

  private static void record(DeskServiceGrpc.DeskServiceBlockingStub desk, String name) {
    var request =
        ScheduleVisitRequest.newBuilder()
            .setName(name)
            .setContext(ChangeContext.newBuilder().setRequestId("scheduled").setKnownTime(KNOWN))
            .setScheduled(SCHEDULED)
            .build();
    for (String step : List.of("scheduled", "scheduled again")) {
      var done = desk.scheduleVisit(request);
      long position = done.getEvent().getPosition();
      tell(step, Map.of("position", position, "replayed", done.getReplayed()));
    }
  }

  private static void ask(VisitServiceGrpc.VisitServiceBlockingStub visits, String name)
      throws Exception {
    var request =
        GetVisitRequest.newBuilder().setName(name).setAsOf(AsOf.newBuilder().setKnownAt(KNOWN));
    var visit = visits.getVisit(request.build()).getVisit();
    var knownTime = visit.getKnownTime();
    tell(
        "visit",
        Map.of(
            "status", visit.getStatusValue(),
            "known_time", List.of(knownTime.getSeconds(), knownTime.getNanos())));
    request.getAsOfBuilder().getKnownAtBuilder().setNanos(KNOWN.getNanos() - 1000);
    tell("a microsecond before", toldOf(failing(() -> visits.getVisit(request.build()))));
  }

  private static void beRefused(DeskServiceGrpc.DeskServiceBlockingStub desk, String name)
      throws Exception {
    var completed = Completed.getDefaultInstance();
    desk.completeVisit(
        CompleteVisitRequest.newBuilder().setName(name).setCompleted(completed).build());
    var postpone =
        PostponeVisitRequest.newBuilder()
            .setName(name)
            .setPostponed(Postponed.getDefaultInstance())
            .build();
    var error = failing(() -> desk.postponeVisit(postpone));
    var refusal = Refusal.of(error);
    var violations = new ArrayList<List<String>>();
    refusal.rules().getViolationsList()
        .forEach(each -> violations.add(List.of(each.getType(), each.getSubject())));
    var told = toldOf(error);
    told.put("metadata", refusal.info().getMetadataMap());
    told.put("violations", violations);
    tell("refused", told);

    var bad =
        ScheduleVisitRequest.newBuilder()
            .setName(name + "-bad")
            .setScheduled(Scheduled.getDefaultInstance())
            .build();
    error = failing(() -> desk.scheduleVisit(bad));
    var fields = new ArrayList<String>();
    Refusal.of(error).fields().getFieldViolationsList()
        .forEach(each -> fields.add(each.getField()));
    told = toldOf(error);
    told.put("fields", fields);
    tell("bad field", told);
  }

  private static void load(DeskServiceGrpc.DeskServiceStub desk, String name) throws Exception {
    var codes = new ArrayList<Integer>();
    var ended = new CompletableFuture<Void>();
    var call =
        desk.importChanges(
            new StreamObserver<ImportChangesResponse>() {
              @Override
              public void onNext(ImportChangesResponse answer) {
                answer.getResultsList().forEach(result -> codes.add(result.getError().getCode()));
              }

              @Override
              public void onError(Throwable error) {
                ended.completeExceptionally(error);
              }

              @Override
              public void onCompleted() {
                ended.complete(null);
              }
            });
    var request = ImportChangesRequest.newBuilder();
    for (int number = 0; number < 2; number++) {
      request.addChanges(
          Change.newBuilder()
              .setName(name + "-imported")
              .setContext(ChangeContext.newBuilder().setRequestId("imported " + number))
              .setScheduled(SCHEDULED));
    }
    call.onNext(request.build());
    call.onCompleted();
    ended.get();
    tell("import", Map.of("codes", codes));
  }

  private static void read(
      HistoryServiceBlockingStub history, AuditServiceGrpc.AuditServiceBlockingStub audit) {
    var positions = new ArrayList<Long>();
    history.readEvents(ReadEventsRequest.getDefaultInstance())
        .forEachRemaining(frame -> addPositions(positions, frame.getEventsList()));
    tell("replay", Map.of("positions", positions));
    var checkpoint =
        audit.getCheckpoint(GetCheckpointRequest.getDefaultInstance()).getCheckpoint();
    int bytes = 0;
    var parts = audit.exportBundle(ExportBundleRequest.getDefaultInstance());
    while (parts.hasNext()) {
      bytes += parts.next().getData().size();
    }
    tell("audit", Map.of("checkpoint", checkpoint, "bundle_bytes", bytes));
  }

  private static void addPositions(List<Long> positions, List<RecordedEvent> events) {
    events.forEach(event -> positions.add(event.getPosition()));
  }

  private static void endWatches(HistoryServiceBlockingStub history) throws Exception {
    try (var call = Context.current().withCancellation()) {
      Predicate<WatchEventsResponse> cancelling = frame -> call.cancel(null) || true;
      var cancelled =
          failing(() -> call.call(() -> watch(history, new Place(), cancelling)));
      tell("cancelled", Map.of("code", codeOf(cancelled)));
    }
    var limited = history.withDeadlineAfter(300, TimeUnit.MILLISECONDS);
    var late = failing(() -> watch(limited, new Place(), frame -> true));
    tell("deadline", Map.of("code", codeOf(late)));
    var another = new Place();
    another.logOrigin = "another.example/log";
    tell("another log", toldOf(failing(() -> watch(history, another, frame -> true))));
  }

  private static void followOverAKill(HistoryServiceBlockingStub history) throws Exception {
    var where = new Place();
    var positions = new ArrayList<Long>();
    var lost = new ArrayList<Integer>();
    follow(
        history,
        where,
        frame -> {
          addPositions(positions, frame.getEvents().getEventsList());
          if (frame.hasCaughtUp() && lost.isEmpty()) {
            tell("watching", Map.of("positions", positions, "position", frame.getPosition()));
            positions.clear();
          }
          return lost.isEmpty() || positions.isEmpty();
        },
        status -> {
          if (lost.isEmpty()) {
            tell("lost", Map.of("code", status.getCode().value()));
          }
          lost.add(status.getCode().value());
        });
    tell("resumed", Map.of("positions", positions, "log_origin", where.logOrigin));
  }

  public static void main(String[] arguments) throws Exception {
    var channel = connect(arguments[0]);
    String name = arguments[1];
    var desk = DeskServiceGrpc.newBlockingStub(channel);
    var history = HistoryServiceGrpc.newBlockingStub(channel);
    var info =
        InfoServiceGrpc.newBlockingStub(channel)
            .getServerInfo(GetServerInfoRequest.getDefaultInstance());
    tell("info", Map.of("log_origin", info.getLogOrigin(), "head", info.getHeadPosition()));
    record(desk, name);
    ask(VisitServiceGrpc.newBlockingStub(channel), name);
    beRefused(desk, name);
    load(DeskServiceGrpc.newStub(channel), name);
    read(history, AuditServiceGrpc.newBlockingStub(channel));
    endWatches(history);
    followOverAKill(history);
    channel.shutdownNow();
  }
}
