-- For each brand a role, which is an analyst's and shows the rows of the brand. It is granted to people.
CREATE ROLE IF NOT EXISTS `{database}:{brand}`;

{% for column, views in by_brand_column.items() %}
CREATE ROW POLICY IF NOT EXISTS `{database}:{brand}`
ON {{ views | here }}
USING {{ column }} = '{brand}' TO `{database}:{brand}`;

ALTER ROW POLICY `{database}:{brand}`
ON {{ views | here }}
USING {{ column }} = '{brand}' AS PERMISSIVE TO `{database}:{brand}`;

{% endfor %}
GRANT `{database}_analyst` TO `{database}:{brand}`;
