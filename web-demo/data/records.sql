-- Puts in announcements, services and records of citizens: the TOML files of these names beside this one, in one JSON object (?1).

INSERT INTO announcements
SELECT value ->> 'id', value ->> 'published_on', value -> 'title', value -> 'body'
FROM json_each(?1, '$.announcements.announcements');

INSERT INTO exams
SELECT value ->> 'id', value -> 'title', value -> 'place', unixepoch() + 86400 * (value ->> 'held_in_days'),
       unixepoch() + 86400 * (value ->> 'closes_in_days'), value ->> 'seats'
FROM json_each(?1, '$.services.exams');

INSERT INTO courses
SELECT value ->> 'id', value -> 'title', value -> 'about', value ->> 'lessons' FROM json_each(?1, '$.services.courses');

-- Bases are whole yuan here and fen in the table. Yuan times basis points (`rates`) are hundredths of a yuan, which are fen.
INSERT INTO contributions
WITH RECURSIVE paid (account_id, unit, base, month, last) AS (
    SELECT citizen.value ->> 'id', job.value ->> 'unit', job.value ->> 'base', job.value ->> 'from', job.value ->> 'to'
    FROM json_each(?1, '$.records.citizens') AS citizen, json_each(citizen.value, '$.employments') AS job
    UNION ALL
    SELECT account_id, unit, base, strftime('%Y-%m', month || '-01', '+1 month'), last FROM paid WHERE month < last
)
SELECT account_id, rate.value ->> 'insurance', month, unit, base * 100,
       base * (rate.value ->> 'unit') / 100, base * (rate.value ->> 'person') / 100
FROM paid, json_each(?1, '$.rates') AS rate;

INSERT INTO applications (account_id, service, reason, state, answer, submitted_at, changed_at)
SELECT citizen.value ->> 'id', new.value ->> 'service', new.value ->> 'reason', new.value ->> 'state', new.value -> 'answer',
       unixepoch() - 86400 * (new.value ->> 'days_ago'), unixepoch() - 86400 * (new.value ->> 'days_ago' - 1)
FROM json_each(?1, '$.records.citizens') AS citizen, json_each(citizen.value, '$.applications') AS new;

INSERT INTO questions (account_id, subject, body, answer, asked_at, answered_at)
SELECT citizen.value ->> 'id', new.value ->> 'subject', new.value ->> 'body', new.value -> 'answer',
       unixepoch() - 86400 * (new.value ->> 'days_ago'), unixepoch() - 86400 * (new.value ->> 'days_ago' - 1)
FROM json_each(?1, '$.records.citizens') AS citizen, json_each(citizen.value, '$.questions') AS new;

INSERT INTO exam_registrations
SELECT exam.value, citizen.value ->> 'id', unixepoch()
FROM json_each(?1, '$.records.citizens') AS citizen, json_each(citizen.value, '$.exams') AS exam;

INSERT INTO enrolments
SELECT course.value, citizen.value ->> 'id', unixepoch()
FROM json_each(?1, '$.records.citizens') AS citizen, json_each(citizen.value, '$.courses') AS course;

INSERT INTO resumes
SELECT value ->> 'id', value ->> '$.resume.education', value ->> '$.resume.skills', value ->> '$.resume.experience',
       value ->> '$.resume.wish', unixepoch()
FROM json_each(?1, '$.records.citizens') WHERE value -> 'resume' IS NOT NULL;
