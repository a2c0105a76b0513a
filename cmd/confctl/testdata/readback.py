#!/usr/bin/env python3
"""readback.py SOURCE FILE compares every cell of FILE, a .csv, .xlsx or .ndjson of confctl export with all columns and
personal data, with SOURCE, which has the conferences in the service's own form, one JSON object a line. It knows nothing of
the program; XLSX needs openpyxl."""

import csv
import datetime
import json
import re
import sys

IDS = {"eventId", "hostId", "hostOrgId"}
TIMES = {"startTime", "stopTime"}


def utc(seconds):
    return datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)


def csv_cell(name, value):
    if value is None or value == "" or name in TIMES and value == 0:
        return ""
    if name in TIMES:
        return utc(value).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def csv_rows(file):
    with open(file, encoding="utf-8-sig", newline="") as f:
        rows = csv.reader(f)
        yield next(rows)
        for row in rows:
            yield [re.sub(r"(^|[;\t\r\n])'", r"\1", cell) for cell in row]


def xlsx_cell(name, value):
    if value is None or value == "" or name in TIMES and value == 0:
        return None
    if name in TIMES:
        return utc(value)
    return str(value) if name in IDS else value


def xlsx_rows(file):
    import openpyxl

    sheet = openpyxl.load_workbook(file, read_only=True).active
    rows = sheet.iter_rows(values_only=True)
    yield [heading.removesuffix(" (UTC)") for heading in next(rows)]
    yield from rows


def table(file, rows, cell):
    names = next(rows)
    for number, (row, conference) in enumerate(zip(rows, file, strict=True), start=2):
        want = [cell(name, conference.get(name)) for name in names]
        got = list(row) + [None] * (len(names) - len(row))
        # bool is an int in Python, and 1 == True
        if got != want or [type(v) for v in got] != [type(v) for v in want]:
            sys.exit(f"row {number}: got {got}, want {want}")
        yield names


def lines(source, file):
    with open(file, encoding="utf-8") as f:
        for number, (line, conference) in enumerate(zip(f, source, strict=True), start=1):
            if json.loads(line) != conference:
                sys.exit(f"line {number}: got {line}, want {conference}")
            yield list(conference)


def main():
    source_file, file = sys.argv[1:]
    with open(source_file, encoding="utf-8") as f:
        source = (json.loads(line) for line in f)
        if file.endswith(".ndjson"):
            same = lines(source, file)
        elif file.endswith(".csv"):
            same = table(source, csv_rows(file), csv_cell)
        else:
            same = table(source, xlsx_rows(file), xlsx_cell)
        rows = cells = 0
        for names in same:
            rows, cells = rows + 1, cells + len(names)
    print(f"{rows} conferences, {cells} cells: equal")


main()
