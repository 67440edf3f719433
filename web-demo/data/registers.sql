-- Puts in people, cards and units: the TOML files of these names beside this one, in one JSON object (?1) with the hash of
-- every card's password.

INSERT INTO register_persons
SELECT value ->> 'id_number', value ->> 'name' FROM json_each(?1, '$.population.persons');

INSERT INTO register_regions
SELECT value ->> 'code', value ->> 'name', value ->> 'e_card_open', value ->> 'checks_passwords'
FROM json_each(?1, '$.cards.regions');

INSERT INTO register_cards (number, id_number, state, phone, region, issued_on, password_hash)
SELECT value ->> 'number', value ->> 'id_number', value ->> 'state', value ->> 'phone', value ->> 'region',
       value ->> 'issued_on', ?1 ->> 'password_hash'
FROM json_each(?1, '$.cards.cards');

INSERT INTO register_units SELECT value ->> 'id', value ->> 'name' FROM json_each(?1, '$.units.units');

INSERT INTO register_posts
SELECT value ->> 'id', value ->> 'legal_representative', 'legal_representative' FROM json_each(?1, '$.units.units')
UNION ALL
SELECT unit.value ->> 'id', operator.value, 'operator'
FROM json_each(?1, '$.units.units') AS unit, json_each(unit.value, '$.operators') AS operator;
