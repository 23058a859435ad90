/**
 * The data: tables with the columns and keys of TPC-DS, as far as the ten queries need them, made from a seed. They are of the benchmark's shape
 * and not the benchmark's: nothing that is measured on them is a TPC result.
 *
 * As in the specification: numbers of rows (at scale 1), surrogate keys (days are Julian numbers, demographics are a mixed radix number), two or three
 * revisions of items and stores under one business key, tickets of 8 to 16 lines that share customer, store and moment, returns of one line in
 * ten, sales that rise in August and again in November, first and last names of which few are common, and foreign keys that are null in one row of 25.
 * Not as there: catalogue orders repeat what a customer has bought in a store in one line of 20, so that small data have such pairs, too.
 *
 * Every value is a function of (seed, row, column), so each partition is made by itself. Money is counted in cents: all sums are exact.
 */

export interface Shape {
  /** 1: as many rows as the benchmark's gigabyte; tables of dimensions do not shrink below a tenth of that. */
  readonly scale: number;
  /** Files of each fact table. */
  readonly partitions: number;
  readonly seed: number;
}

export const facts = ["store_sales", "store_returns", "catalog_sales"] as const;
export const dimensions = [
  "date_dim",
  "time_dim",
  "item",
  "store",
  "customer",
  "customer_address",
  "customer_demographics",
  "household_demographics",
  "promotion",
  "reason",
] as const;
export type Table = (typeof facts)[number] | (typeof dimensions)[number];

export function filesOf(table: Table, { partitions }: Shape): string[] {
  if (!(facts as readonly string[]).includes(table)) return [`${table}.parquet`];
  return Array.from({ length: partitions }, (_, part) => `${table}/${String(part).padStart(4, "0")}.parquet`);
}

/** Julian day 2415022 is 2 January 1900: the calendar begins there, as the specification has it. */
const firstDay = 2_415_022;

function sizesOf({ scale }: Shape) {
  const dimension = (rows: number): number => Math.round(rows * Math.max(0.1, scale));
  return {
    items: dimension(18_000),
    customers: dimension(100_000),
    addresses: dimension(50_000),
    demographics: Math.min(1_920_800, dimension(1_920_800)),
    promotions: dimension(300),
    stores: Math.max(12, Math.round(12 * Math.sqrt(scale))),
    tickets: Math.max(1, Math.round((2_880_404 * scale) / 12)),
    orders: Math.max(1, Math.round((1_441_548 * scale) / 9)),
  };
}

/** SQL that makes the rows of one file. */
export function recipeOf(
  table: Table,
  part: number,
  shape: Shape,
): { readonly prepare: string; readonly select: string } {
  return { prepare: macros(shape), select: selects[table](part, shape) };
}

/** `any_of(n, row, column)`: a whole number from 0 to n - 1; `share(row, column)`: from 0 to 1. */
function macros(shape: Shape): string {
  const { customers, items, stores, tickets } = sizesOf(shape);
  return `
    create macro any_of(n, i, c) as (hash(i, c, ${shape.seed}) % n)::bigint;
    create macro share(i, c) as any_of(1000003, i, c) / 1000003.0::double;
    create macro pick(list, i, c) as list[1 + any_of(len(list), i, c)];
    create macro pick_skewed(list, i, c) as list[1 + floor(len(list) * share(i, c) ** 3)::bigint];
    create macro maybe(x, i, c) as case when any_of(25, i, c || '?') = 0 then null else x end;
    create macro cents(x) as (x::bigint * 0.01::decimal(3, 2))::decimal(15, 2);
    create macro business_key(n) as 'AAAAAAAA' || translate(lpad(hex(n::bigint), 8, '0'), '0123456789ABCDEF', 'ABCDEFGHIJKLMNOP');
    create macro revised(n) as ((n - 1) // 6) * 3 + [0, 1, 1, 2, 2, 2][1 + (n - 1) % 6];
    create macro season(i, c) as case
      when any_of(100, i, c || 'zone') < 45 then any_of(212, i, c)
      when any_of(100, i, c || 'zone') < 70 then 212 + any_of(92, i, c)
      else 304 + any_of(61, i, c) end;
    create macro sold_day(i, c) as
      ${firstDay} + (make_date(1998 + any_of(5, i, c || 'year'), 1, 1) - date '1900-01-02') + season(i, c);
    create macro sold_hour(i) as [8, 9, 9, 10, 10, 11, 12, 13, 14, 15, 16, 16, 17, 17, 18, 18, 19, 19, 20, 20, 21][1 + any_of(21, i, 'hour')];
    create macro ticket_customer(t) as maybe(1 + any_of(${customers}, t, 'customer'), t, 'customer');
    create macro ticket_day(t) as maybe(sold_day(t, 'sold'), t, 'sold');
    create macro ticket_store(t) as maybe(1 + any_of(${stores}, t, 'store'), t, 'store');
    create macro ticket_lines(t) as 8 + any_of(9, t, 'lines');
    create macro line_item(t, l) as 1 + (any_of(${items}, t, 'item') + l * 7919) % ${items};
    create macro line_quantity(t, l) as 1 + any_of(100, t * 16 + l, 'quantity');
    create macro line_list(i) as (100 + any_of(9900, i, 'cost')) * (100 + any_of(201, i, 'markup')) // 100;
    create macro line_price(i) as line_list(i) * any_of(101, i, 'discount') // 100;
    create macro some_ticket(i) as 1 + any_of(${tickets}, i, 'again');`;
}

/** The rows of one partition: contiguous tickets or orders. */
function range(count: number, part: number, { partitions }: Shape): string {
  const at = (n: number): number => 1 + Math.floor((count * n) / partitions);
  return `range(${at(part)}, ${at(part + 1)})`;
}

const selects: Readonly<Record<Table, (part: number, shape: Shape) => string>> = {
  store_sales: (part, shape) => `
    select ticket_day(t)::int as ss_sold_date_sk,
      (sold_hour(t) * 3600 + any_of(3600, t, 'second'))::int as ss_sold_time_sk,
      line_item(t, l)::int as ss_item_sk, ticket_customer(t)::int as ss_customer_sk,
      maybe(1 + any_of(${sizesOf(shape).demographics}, t, 'cdemo'), t, 'cdemo')::int as ss_cdemo_sk,
      maybe(1 + any_of(7200, t, 'hdemo'), t, 'hdemo')::int as ss_hdemo_sk,
      maybe(1 + any_of(${sizesOf(shape).addresses}, t, 'addr'), t, 'addr')::int as ss_addr_sk,
      ticket_store(t)::int as ss_store_sk,
      maybe(1 + any_of(${sizesOf(shape).promotions}, i, 'promo'), i, 'promo')::int as ss_promo_sk,
      t as ss_ticket_number, line_quantity(t, l)::int as ss_quantity,
      cents(line_list(i))::decimal(7, 2) as ss_list_price, cents(line_price(i))::decimal(7, 2) as ss_sales_price,
      cents(line_price(i) * line_quantity(t, l)) as ss_ext_sales_price,
      cents(case when any_of(5, i, 'coupon') = 0 then line_price(i) * line_quantity(t, l) * any_of(101, i, 'off') // 100 else 0 end) as ss_coupon_amt
    from (select t, l, t * 16 + l as i from ${range(sizesOf(shape).tickets, part, shape)} tickets(t), range(16) lines(l) where l < ticket_lines(t))`,
  // The tickets of a file are not those of the file of sales with its number.
  store_returns: (part, shape) => `
    select (ticket_day(t) + 1 + any_of(90, i, 'days'))::int as sr_returned_date_sk, line_item(t, l)::int as sr_item_sk,
      ticket_customer(case when any_of(5, i, 'gift') = 0 then some_ticket(i) else t end)::int as sr_customer_sk,
      t as sr_ticket_number, maybe(1 + any_of(35, i, 'reason'), i, 'reason')::int as sr_reason_sk,
      maybe(1 + any_of(line_quantity(t, l), i, 'returned'), i, 'returned')::int as sr_return_quantity
    from (
      select t, l, t * 16 + l as i from range(1 + ${part}, ${sizesOf(shape).tickets} + 1, ${shape.partitions}) tickets(t), range(16) lines(l)
      where l < ticket_lines(t) and any_of(10, t * 16 + l, 'return') = 0)`,
  catalog_sales: (part, shape) => `
    select case when again then ticket_day(some_ticket(i)) else maybe(sold_day(o, 'ordered'), o, 'ordered') end::int as cs_sold_date_sk,
      case when again then ticket_customer(some_ticket(i)) else maybe(1 + any_of(${sizesOf(shape).customers}, o, 'bill'), o, 'bill') end::int
        as cs_bill_customer_sk,
      case when again then line_item(some_ticket(i), 0) else 1 + any_of(${sizesOf(shape).items}, i, 'ordered') end::int as cs_item_sk,
      o as cs_order_number, (1 + any_of(100, i, 'cs quantity'))::int as cs_quantity,
      cents(line_price(i) * (1 + any_of(100, i, 'cs quantity'))) as cs_ext_sales_price
    from (
      select o, o * 16 + l as i, any_of(20, o * 16 + l, 'again') = 0 as again
      from ${range(sizesOf(shape).orders, part, shape)} orders(o), range(16) lines(l) where l < 4 + any_of(11, o, 'order lines'))`,
  date_dim: () => `
    select (${firstDay} + n)::int as d_date_sk, business_key(${firstDay} + n) as d_date_id, d as d_date,
      ((year(d) - 1900) * 12 + month(d) - 1)::int as d_month_seq, ((n + 1) // 7 + 1)::int as d_week_seq, year(d)::int as d_year,
      dayofweek(d)::int as d_dow, month(d)::int as d_moy, day(d)::int as d_dom, quarter(d)::int as d_qoy, dayname(d) as d_day_name
    from (select n, date '1900-01-02' + n::int as d from range(73049) days(n))`,
  time_dim: () => `
    select n::int as t_time_sk, business_key(n) as t_time_id, n::int as t_time, (n // 3600)::int as t_hour, (n // 60 % 60)::int as t_minute,
      (n % 60)::int as t_second, case when n < 43200 then 'AM' else 'PM' end as t_am_pm from range(86400) seconds(n)`,
  item: (_, shape) => `
    select n::int as i_item_sk, business_key(revised(n)) as i_item_id, pick(${words}, n, 'd1') || ' ' || pick(${words}, n, 'd2') || ' ' || pick(${words}, n, 'd3') as i_item_desc,
      cents(9 + any_of(9991, n, 'price'))::decimal(7, 2) as i_current_price,
      (category * 1000000 + class * 1000 + 1 + any_of(10, n, 'brand'))::int as i_brand_id,
      pick(${syllables}, category * 100 + class, 'b1') || pick(${syllables}, category * 100 + class, 'b2') || ' #' || (1 + any_of(10, n, 'brand')) as i_brand,
      class::int as i_class_id, ${classes}[category][class] as i_class, category::int as i_category_id, ${categories}[category] as i_category,
      (1 + any_of(1000, n, 'maker'))::int as i_manufact_id, pick(${syllables}, any_of(1000, n, 'maker'), 'm') as i_manufact,
      (1 + any_of(100, n, 'manager'))::int as i_manager_id
    from (select n, 1 + any_of(10, revised(n), 'category') as category, 1 + any_of(4, revised(n), 'class') as class from range(1, ${sizesOf(shape).items} + 1) items(n))`,
  store: (_, shape) => `
    select n::int as s_store_sk, business_key(revised(n)) as s_store_id, ${syllables}[1 + revised(n) % 10] as s_store_name,
      'Williamson County' as s_county, 'TN' as s_state, lpad((30000 + any_of(60, n, 'zip'))::varchar, 5, '0') as s_zip, -5.00::decimal(5, 2) as s_gmt_offset
    from range(1, ${sizesOf(shape).stores} + 1) stores(n)`,
  customer: (_, shape) => `
    select n::int as c_customer_sk, business_key(n) as c_customer_id, (1 + any_of(${sizesOf(shape).addresses}, n, 'addr'))::int as c_current_addr_sk,
      maybe(pick(['Mr.', 'Mrs.', 'Ms.', 'Miss', 'Dr.', 'Sir'], n, 'salutation'), n, 'salutation') as c_salutation,
      maybe(pick_skewed(${firstNames}, n, 'first'), n, 'first') as c_first_name, maybe(pick_skewed(${lastNames}, n, 'last'), n, 'last') as c_last_name,
      maybe(pick(['Y', 'N'], n, 'preferred'), n, 'preferred') as c_preferred_cust_flag
    from range(1, ${sizesOf(shape).customers} + 1) customers(n)`,
  customer_address: (_, shape) => `
    select n::int as ca_address_sk, business_key(n) as ca_address_id, maybe(lpad((30000 + any_of(9000, n, 'zip'))::varchar, 5, '0'), n, 'zip') as ca_zip,
      pick_skewed(['TX', 'GA', 'VA', 'KY', 'MO', 'KS', 'NC', 'IA', 'TN', 'IL', 'NE', 'OH', 'IN', 'MS', 'MN', 'MI'], n, 'state') as ca_state
    from range(1, ${sizesOf(shape).addresses} + 1) addresses(n)`,
  customer_demographics: (_, shape) => `
    select (n + 1)::int as cd_demo_sk, ['M', 'F'][1 + n % 2] as cd_gender, ['M', 'S', 'D', 'W', 'U'][1 + n // 2 % 5] as cd_marital_status,
      ['Primary', 'Secondary', 'College', '2 yr Degree', '4 yr Degree', 'Advanced Degree', 'Unknown'][1 + n // 10 % 7] as cd_education_status,
      (500 + 500 * (n // 70 % 20))::int as cd_purchase_estimate, ['Good', 'Low Risk', 'High Risk', 'Unknown'][1 + n // 1400 % 4] as cd_credit_rating,
      (n // 5600 % 7)::int as cd_dep_count, (n // 39200 % 7)::int as cd_dep_employed_count, (n // 274400 % 7)::int as cd_dep_college_count
    from range(${sizesOf(shape).demographics}) people(n)`,
  household_demographics: () => `
    select (n + 1)::int as hd_demo_sk, (1 + n % 20)::int as hd_income_band_sk,
      ['0-500', '501-1000', '1001-5000', '5001-10000', '>10000', 'Unknown'][1 + n // 20 % 6] as hd_buy_potential,
      (n // 120 % 10)::int as hd_dep_count, (n // 1200 - 1)::int as hd_vehicle_count from range(7200) households(n)`,
  promotion: (_, shape) => `
    select n::int as p_promo_sk, business_key(n) as p_promo_id, pick(['N', 'N', 'N', 'Y'], n, 'email') as p_channel_email,
      pick(['N', 'N', 'N', 'Y'], n, 'event') as p_channel_event from range(1, ${sizesOf(shape).promotions} + 1) promotions(n)`,
  reason: () => `
    select n::int as r_reason_sk, business_key(n) as r_reason_id, 'reason ' || n as r_reason_desc from range(1, 36) reasons(n)`,
};

function list(texts: readonly string[]): string {
  return `[${texts.map((text) => `'${text}'`).join(", ")}]`;
}

const categories = list("Women Men Children Shoes Music Jewelry Home Sports Books Electronics".split(" "));
const classes = `[${[
  "dresses fragrances maternity swimwear",
  "accessories pants shirts sports-apparel",
  "infants newborn school-uniforms toddlers",
  "athletic kids mens womens",
  "classical country pop rock",
  "bridal bracelets diamonds rings",
  "bedding decor lighting rugs",
  "baseball camping golf tennis",
  "arts computers cooking travel",
  "audio cameras monitors phones",
]
  .map((names) => list(names.split(" ")))
  .join(", ")}]`;
const syllables = list("ought able pri ese anti cally ation eing nst bar".split(" "));
const words = list(
  "ancient bright calm deep early fair great heavy inner joint keen large minor narrow open plain quiet rare strong tall urban vast warm young".split(
    " ",
  ),
);
const firstNames = list(
  "James Mary John Linda Robert Anna William Emma David Ruth Karl Irene Paul Vera Hugo Ida Otto Nora Emil Clara Felix Greta Oscar Edith".split(
    " ",
  ),
);
const lastNames = list(
  "Smith Johnson Williams Jones Brown Davis Miller Wilson Moore Taylor Anderson Thomas Jackson White Harris Martin Thompson Garcia Martinez Robinson Clark Rodriguez Lewis Lee".split(
    " ",
  ),
);
