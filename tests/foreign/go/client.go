// The steps with Debian's packages for Go: client HOST:PORT visits/NAME.
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	chancery "example.com/desk/chancery/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

//go:embed service_config.json
var serviceConfig string

func connect(target string) (*grpc.ClientConn, error) {
	return grpc.Dial(
		target,
		grpc.WithInsecure(),
		grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time:    20 * time.Second,
			Timeout: 10 * time.Second,
		}),
	)
}

// refusal holds what the details of an error say. What an error lacks is empty.
type refusal struct {
	info    *errdetails.ErrorInfo
	fields  []*errdetails.BadRequest_FieldViolation
	rules   []*errdetails.PreconditionFailure_Violation
	retryIn time.Duration
}

func refusalOf(err error) refusal {
	told := refusal{info: &errdetails.ErrorInfo{}}
	for _, detail := range status.Convert(err).Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			told.info = detail
		case *errdetails.BadRequest:
			told.fields = detail.FieldViolations
		case *errdetails.PreconditionFailure:
			told.rules = detail.Violations
		case *errdetails.RetryInfo:
			told.retryIn = detail.RetryDelay.AsDuration()
		}
	}
	return told
}

// place is where a reader of the log is. Keep both, to resume in a later run.
type place struct {
	position  int64
	logOrigin string
}

// follow gives each frame of a watch to take, until that says no. It resumes after the last one
// when the server was away, and tells cut why it was.
func follow(
	history chancery.HistoryServiceClient,
	where *place,
	take func(*chancery.WatchEventsResponse) bool,
	cut func(error),
) error {
	const shortest, longest = 100 * time.Millisecond, 5 * time.Second
	wait := shortest
	for {
		err := watch(context.Background(), history, where, func(frame *chancery.WatchEventsResponse) bool {
			wait = shortest
			return take(frame)
		})
		switch status.Code(err) {
		case codes.Unavailable, codes.Canceled:
			cut(err)
		default:
			return err
		}
		time.Sleep(wait)
		if wait *= 2; wait > longest {
			wait = longest
		}
	}
}

// watch gives frames to take until that says no, or the stream ends. The place moves on once a
// frame was taken.
func watch(
	ctx context.Context,
	history chancery.HistoryServiceClient,
	where *place,
	take func(*chancery.WatchEventsResponse) bool,
) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	frames, err := history.WatchEvents(ctx, &chancery.WatchEventsRequest{
		Start:     &chancery.WatchEventsRequest_AfterPosition{AfterPosition: where.position},
		LogOrigin: where.logOrigin,
	})
	if err != nil {
		return err
	}
	for {
		frame, err := frames.Recv()
		if err == io.EOF { // The server shuts down in order.
			return status.Error(codes.Unavailable, "the stream has ended")
		}
		if err != nil {
			return err
		}
		goOn := take(frame)
		where.position = frame.Position
		if frame.LogOrigin != "" {
			where.logOrigin = frame.LogOrigin
		}
		if !goOn {
			return nil
		}
	}
}

// 2023-01-17 12:00:00.123456, to the microsecond.
var known = time.Date(2023, 1, 17, 12, 0, 0, 123456000, time.UTC)

type fields map[string]interface{}

func tell(step string, told fields) {
	told["step"] = step
	line, err := json.Marshal(told)
	must(err)
	fmt.Println(string(line))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func scheduled() *chancery.Scheduled {
	day := &chancery.Date{Year: 2023, Month: 2, Day: 5}
	return &chancery.Scheduled{
		Details: &chancery.VisitDetails{
			Title:     "The secretary of state to Beijing",
			Principal: &chancery.Principal{Name: "Antony Blinken", Country: "US"},
			Host:      &chancery.Host{Country: "CN"},
		},
		Window: &chancery.Window{Start: day, End: day},
	}
}

func codeAndReason(err error) fields {
	return fields{"code": status.Code(err), "reason": refusalOf(err).info.Reason}
}

func record(ctx context.Context, desk chancery.DeskServiceClient, name string) {
	for _, step := range []string{"scheduled", "scheduled again"} {
		done, err := desk.ScheduleVisit(ctx, &chancery.ScheduleVisitRequest{
			Name: name,
			Context: &chancery.ChangeContext{
				RequestId: "scheduled",
				Known:     &chancery.ChangeContext_KnownTime{KnownTime: timestamppb.New(known)},
			},
			Scheduled: scheduled(),
		})
		must(err)
		tell(step, fields{"position": done.Event.Position, "replayed": done.Replayed})
	}
}

func ask(ctx context.Context, visits chancery.VisitServiceClient, name string) {
	get := func(knownAt time.Time) (*chancery.GetVisitResponse, error) {
		asOf := &chancery.AsOf{KnownAt: timestamppb.New(knownAt)}
		return visits.GetVisit(ctx, &chancery.GetVisitRequest{Name: name, AsOf: asOf})
	}
	answer, err := get(known)
	must(err)
	at := answer.Visit.KnownTime
	tell("visit", fields{"status": answer.Visit.Status, "known_time": []int64{at.Seconds, int64(at.Nanos)}})
	_, err = get(known.Add(-time.Microsecond))
	tell("a microsecond before", codeAndReason(err))
}

func beRefused(ctx context.Context, desk chancery.DeskServiceClient, name string) {
	completed := &chancery.CompleteVisitRequest{Name: name, Completed: &chancery.Completed{}}
	_, err := desk.CompleteVisit(ctx, completed)
	must(err)
	postponed := &chancery.PostponeVisitRequest{Name: name, Postponed: &chancery.Postponed{}}
	_, err = desk.PostponeVisit(ctx, postponed)
	told := codeAndReason(err)
	told["metadata"] = refusalOf(err).info.Metadata
	violations := [][]string{}
	for _, each := range refusalOf(err).rules {
		violations = append(violations, []string{each.Type, each.Subject})
	}
	told["violations"] = violations
	tell("refused", told)

	bad := &chancery.ScheduleVisitRequest{Name: name + "-bad", Scheduled: &chancery.Scheduled{}}
	_, err = desk.ScheduleVisit(ctx, bad)
	told = codeAndReason(err)
	names := []string{}
	for _, each := range refusalOf(err).fields {
		names = append(names, each.Field)
	}
	told["fields"] = names
	tell("bad field", told)
}

func load(ctx context.Context, desk chancery.DeskServiceClient, name string) {
	call, err := desk.ImportChanges(ctx)
	must(err)
	request := &chancery.ImportChangesRequest{}
	for number := 0; number < 2; number++ {
		request.Changes = append(request.Changes, &chancery.Change{
			Name:    name + "-imported",
			Context: &chancery.ChangeContext{RequestId: fmt.Sprint("imported ", number)},
			Change:  &chancery.Change_Scheduled{Scheduled: scheduled()},
		})
	}
	must(call.Send(request))
	must(call.CloseSend())
	outcomes := []int32{}
	for {
		answer, err := call.Recv()
		if err == io.EOF {
			break
		}
		must(err)
		for _, result := range answer.Results {
			outcomes = append(outcomes, result.GetError().GetCode())
		}
	}
	tell("import", fields{"codes": outcomes})
}

func read(ctx context.Context, history chancery.HistoryServiceClient, audit chancery.AuditServiceClient) {
	replay, err := history.ReadEvents(ctx, &chancery.ReadEventsRequest{})
	must(err)
	positions := []int64{}
	for {
		frame, err := replay.Recv()
		if err == io.EOF {
			break
		}
		must(err)
		for _, event := range frame.Events {
			positions = append(positions, event.Position)
		}
	}
	tell("replay", fields{"positions": positions})

	latest, err := audit.GetCheckpoint(ctx, &chancery.GetCheckpointRequest{})
	must(err)
	bundle, err := audit.ExportBundle(ctx, &chancery.ExportBundleRequest{})
	must(err)
	bytes := 0
	for {
		part, err := bundle.Recv()
		if err == io.EOF {
			break
		}
		must(err)
		bytes += len(part.Data)
	}
	tell("audit", fields{"checkpoint": latest.Checkpoint, "bundle_bytes": bytes})
}

func endWatches(ctx context.Context, history chancery.HistoryServiceClient) {
	cancelled, cancel := context.WithCancel(ctx)
	err := watch(cancelled, history, &place{}, func(*chancery.WatchEventsResponse) bool {
		cancel()
		return true
	})
	tell("cancelled", fields{"code": status.Code(err)})

	limited, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	always := func(*chancery.WatchEventsResponse) bool { return true }
	err = watch(limited, history, &place{}, always)
	tell("deadline", fields{"code": status.Code(err)})

	err = watch(ctx, history, &place{logOrigin: "another.example/log"}, always)
	tell("another log", codeAndReason(err))
}

func followOverAKill(history chancery.HistoryServiceClient) {
	where, isLost, positions := &place{}, false, []int64{}
	take := func(frame *chancery.WatchEventsResponse) bool {
		for _, event := range frame.GetEvents().GetEvents() {
			positions = append(positions, event.Position)
		}
		if frame.GetCaughtUp() != nil && !isLost {
			tell("watching", fields{"positions": positions, "position": frame.Position})
			positions = []int64{}
		}
		if isLost && len(positions) > 0 {
			tell("resumed", fields{"positions": positions, "log_origin": where.logOrigin})
			return false
		}
		return true
	}
	must(follow(history, where, take, func(err error) {
		if !isLost {
			tell("lost", fields{"code": status.Code(err)})
		}
		isLost = true
	}))
}

func main() {
	connection, err := connect(os.Args[1])
	must(err)
	name := os.Args[2]
	desk, history := chancery.NewDeskServiceClient(connection), chancery.NewHistoryServiceClient(connection)

	ctx := context.Background()
	info, err := chancery.NewInfoServiceClient(connection).GetServerInfo(ctx, &chancery.GetServerInfoRequest{})
	must(err)
	tell("info", fields{"log_origin": info.LogOrigin, "head": info.HeadPosition})
	record(ctx, desk, name)
	ask(ctx, chancery.NewVisitServiceClient(connection), name)
	beRefused(ctx, desk, name)
	load(ctx, desk, name)
	read(ctx, history, chancery.NewAuditServiceClient(connection))
	endWatches(ctx, history)
	followOverAKill(history)
}
