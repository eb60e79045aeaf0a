-- Why: who takes a list along as a file takes the data of many cases along with one trace. Each of these cases can
-- tell it: the page of a case's traces finds it by the case.
CREATE TABLE trace_cases (
    case_id  TEXT NOT NULL,
    at       BIGINT NOT NULL,                                   -- of the trace; as old as it, it may go with it
    trace_id TEXT NOT NULL REFERENCES traces (id) ON DELETE CASCADE,
    PRIMARY KEY (case_id, at, trace_id)
);

CREATE INDEX trace_cases_by_trace ON trace_cases (trace_id);
