// Prints the events of the calendar on standard input as ical.js reads them, as JSON.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const OWN = ["status", "standing", "condition", "trip"];

// Its own text of a day has no zeros before a year of fewer than four digits.
function told({ year, month, day }) {
  return [String(year).padStart(4, "0"), ...[month, day].map((each) => String(each).padStart(2, "0"))].join("-");
}

function event(component) {
  const said = (name) => component.getAllProperties(name).flatMap((each) => each.getValues());
  const { uid, startDate, endDate, summary, description, location, sequence } = new ICAL.Event(component);
  return {
    uid,
    first: told(startDate),
    after: told(endDate),
    whole_days: startDate.isDate && endDate.isDate,
    sequence,
    summary,
    description,
    location,
    status: said("status")[0],
    transparent: said("transp")[0] === "TRANSPARENT",
    url: said("url")[0],
    own: Object.fromEntries(OWN.map((name) => [name, said(`x-chancery-${name}`)])),
  };
}

const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
process.stdout.write(JSON.stringify(calendar.getAllSubcomponents("vevent").map(event)));
