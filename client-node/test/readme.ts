import { connect, ErrorReason, failureOf, Status } from "@chancery/client";

const target = process.env["CHANCERY_TARGET"] ?? "127.0.0.1:50051";
const chancery = connect(target, { actor: "anna" });
const name = "visits/charles-france";

// Record two changes, and ask what was known on a day.
await chancery.desk.scheduleVisit({
  name,
  context: { known: { case: "knownPeriod", value: "2023-03-03" } },
  scheduled: {
    details: {
      title: "Charles III to France",
      principal: { name: "Charles III", office: "King", country: "GB" },
      host: { country: "FR" },
    },
    window: { start: { year: 2023, month: 3, day: 26 }, end: { year: 2023, month: 3, day: 29 } },
  },
});
await chancery.desk.postponeVisit({
  name,
  context: { known: { case: "knownPeriod", value: "2023-03-24" }, reason: "Protests in France" },
  postponed: {},
});
const knownAt = { seconds: BigInt(Date.UTC(2023, 2, 10) / 1000), nanos: 0 };
const { visit } = await chancery.visits.getVisit({ name, asOf: { knownAt } });
console.log("on 10 March 2023:", Status[visit!.status]);

// A refusal says why, and what is allowed instead.
try {
  await chancery.desk.postponeVisit({ name, postponed: {} });
} catch (error) {
  const failure = failureOf(error);
  if (failure?.reason !== ErrorReason.CHANGE_NOT_ALLOWED) {
    throw error;
  }
  console.log("refused:", failure.metadata["status"], failure.metadata["change"]);
}

// Follow the log. To go on in a later run, keep position and logOrigin.
const following = chancery.follow({ after: 0n });
for await (const { position, event } of following) {
  console.log(position, event?.visit, event?.change.case);
  if (event?.change.case === "postponed") {
    break;
  }
}
console.log("resume after", following.position, "of", following.logOrigin);
chancery.close();
