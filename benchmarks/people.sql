-- %(count)s people as a million of them might be: common names and rare ones, logins and addresses of
-- several styles, most of them active. The first is the operator who looks at the list.
SELECT setseed(0.5);

WITH names AS (
    SELECT
        ARRAY['Olena', 'Oleksandr', 'Iryna', 'Andriy', 'Maria', 'Ivan', 'Anna', 'Dmytro', 'Sofia',
            'Mykola', 'Kateryna', 'Serhiy', 'Natalia', 'Petro', 'Yulia', 'Taras', 'Oksana', 'Bohdan',
            'Halyna', 'Vasyl', 'John', 'Emma', 'Zoe', 'Lukas', 'Hannah', 'Peter', 'Wei', 'Mei',
            'Fatima', 'Ahmed', 'Chloe', 'Jules', 'Quentin', 'Xenia', 'Uwe', 'Viktor', 'Greta', 'Rosa',
            'Kenji', 'Ida'] AS latin,
        ARRAY['Олена', 'Олександр', 'Ірина', 'Андрій', 'Марія', 'Іван', 'Анна', 'Дмитро', 'Софія',
            'Микола', 'Катерина', 'Сергій', 'Наталія', 'Петро', 'Юлія', 'Тарас', 'Оксана', 'Богдан',
            'Галина', 'Василь', 'Джон', 'Емма', 'Зоя', 'Лукас', 'Ганна', 'Петер', 'Вей', 'Мей',
            'Фатіма', 'Ахмед', 'Хлоя', 'Жуль', 'Квентін', 'Ксенія', 'Уве', 'Віктор', 'Грета', 'Роза',
            'Кендзі', 'Іда'] AS cyrillic,
        ARRAY['Shevch', 'Koval', 'Bond', 'Tkach', 'Krav', 'Oliyn', 'Lys', 'Moroz', 'Pavl', 'Sydor',
            'Mel', 'Zakhar', 'Hrytz', 'Rud', 'Danyl', 'Iv', 'Petr', 'Fed', 'Yak', 'Vorob', 'Chern',
            'Bil', 'Nov', 'Star', 'Horb', 'Kuz', 'Gold', 'Fish', 'Mill', 'Eb'] AS stems,
        ARRAY['Шевч', 'Ковал', 'Бонд', 'Ткач', 'Крав', 'Олій', 'Лис', 'Мороз', 'Павл', 'Сидор',
            'Мел', 'Захар', 'Гриц', 'Руд', 'Данил', 'Ів', 'Петр', 'Фед', 'Як', 'Вороб', 'Черн',
            'Біл', 'Нов', 'Стар', 'Горб', 'Куз', 'Ґолд', 'Фіш', 'Міл', 'Еб'] AS cyrillic_stems,
        ARRAY['enko', 'chuk', 'iv', 'sky', 'uk', 'yak', 'a', 'ko', 'yshyn', 'ets', 'er', 'son'] AS ends,
        ARRAY['енко', 'чук', 'ів', 'ський', 'ук', 'як', 'а', 'ко', 'ишин', 'ець', 'ер', 'сон']
            AS cyrillic_ends,
        ARRAY['blue', 'night', 'zebra', 'quick', 'jazz', 'winter', 'echo', 'lake', 'user', 'x'] AS words
), drawn AS (
    SELECT number, gen_random_uuid() AS id, random() AS style, random() AS script, random() AS state,
        -- Squared: the first of each list are many, the last few.
        1 + floor(40 * random() ^ 2)::int AS first, 1 + floor(30 * random() ^ 2)::int AS stem,
        1 + floor(12 * random() ^ 2)::int AS "end", 1 + floor(10 * random())::int AS word,
        1 + floor(99 * random())::int AS year, random() AS address
    FROM generate_series(1, %(count)s) AS number
), spelled AS (
    SELECT drawn.*,
        lower(latin[first]) AS f, lower(stems[stem] || ends["end"]) AS l, words[word] AS w,
        CASE WHEN script < 0.6 THEN cyrillic[first] ELSE latin[first] END AS first_name,
        CASE WHEN script < 0.6 THEN cyrillic_stems[stem] || cyrillic_ends["end"]
            ELSE stems[stem] || ends["end"] END AS last_name
    FROM drawn, names
), named AS (
    SELECT spelled.*, CASE
        WHEN style < 0.30 THEN f || '.' || l || number
        WHEN style < 0.50 THEN left(f, 1) || l || number
        WHEN style < 0.65 THEN l || '.' || f || number
        WHEN style < 0.80 THEN f || year || '_' || number
        ELSE w || year || '-' || number END AS login
    FROM spelled
)
INSERT INTO users (id, first_name, last_name, name_key, given_key, login, login_key, email, email_key,
    phone, role, password_hash, created_at, locked_at)
SELECT id, first_name, last_name,
    lower(last_name || ' ' || first_name), lower(first_name || ' ' || last_name), login, login,
    mail.box || '@example.org', mail.box || '@example.org', '+38044' || 1000000 + number,
    CASE WHEN number = 1 THEN 'operator' ELSE 'user' END,
    CASE WHEN state < 0.97 OR number = 1 THEN 'x' END,
    -- Registered over three years, the last a moment ago.
    now() - (%(count)s - number) * interval '3 years' / %(count)s,
    CASE WHEN state BETWEEN 0.1 AND 0.105 AND number > 1 THEN now() END
FROM named, LATERAL (SELECT CASE WHEN address < 0.5 THEN login
    ELSE l || '.' || f || number END AS box) AS mail;

INSERT INTO api_tokens (id, user_id, name, token_hash, scopes)
SELECT gen_random_uuid(), id, 'benchmark', %(token_hash)s, '{read,operate}'
FROM users WHERE role = 'operator';
