-- Why: zones are data that a page edits. A school lies in the zone of its district unless it was set by itself;
-- schools.zone_id stays the zone that counts, so that no list has to look it up.
CREATE TABLE zone_districts (
    district TEXT PRIMARY KEY,
    zone_id  TEXT NOT NULL REFERENCES zones (id)
);

CREATE INDEX zone_districts_by_zone ON zone_districts (zone_id);

ALTER TABLE schools ADD COLUMN own_zone BIGINT NOT NULL DEFAULT 0; -- 1: set by itself

CREATE INDEX schools_by_district ON schools (district);

-- A district whose schools all lie in one zone lies there itself; what differs was set by itself.
INSERT INTO zone_districts (district, zone_id)
SELECT district, MIN(zone_id) FROM schools GROUP BY district
HAVING COUNT(zone_id) = COUNT(*) AND MIN(zone_id) = MAX(zone_id);

UPDATE schools SET own_zone = 1
WHERE zone_id IS NOT NULL AND district NOT IN (SELECT district FROM zone_districts);
