/**
 * Ten queries of TPC-DS, each twice: as the benchmark words it, for the whole data at once (`whole`), and cut into pieces for tasks.
 *
 *   dimension ─▶ one task reads the file, and keeps what the query needs ─┐ (given to every scan)
 *   fact      ─▶ one task a file: scan, join, aggregate ◀─────────────────┘
 *                  └─▶ by a key, over queues ─▶ reducers: join, aggregate ─▶ finish: one task, the rows
 *
 * Where the benchmark leaves an order open it is closed by one more column, and an average is a sum divided by a count: so both answers are the
 * same rows, to the last digit.
 */
import type { dimensions, facts, Table } from "./tables.ts";

export interface Query {
  /** What it asks. */
  readonly about: string;
  /** By the name under which scans see them; `late`: seen by `finish`. */
  readonly dimensions: Readonly<Record<string, Dimension>>;
  readonly scans: readonly Scan[];
  /** Over what has come from the scans, by their `as`; absent: `finish` gets it. */
  readonly reduce?: string;
  /** Over `partial`. */
  readonly finish: string;
  /** Over all tables. */
  readonly whole: string;
}

interface Dimension {
  readonly table: (typeof dimensions)[number];
  readonly select: string;
  readonly late?: true;
}

interface Scan {
  readonly table: (typeof facts)[number];
  readonly as: string;
  readonly select: string;
  /** Rows of the same value meet in one reducer. */
  readonly by?: string;
}

const year2000 = { table: "date_dim", select: "select d_date_sk from date_dim where d_year = 2000" } as const;
const november = {
  table: "date_dim",
  select: "select d_date_sk, d_year from date_dim where d_moy = 11",
} as const;

/** Functions, since what a module's variables hold is part of every checkpoint of every task. */
export const queries: Readonly<Record<string, () => Query>> = {
  q03: () => ({
    about: "sales of one maker's brands each November",
    dimensions: {
      days: november,
      items: {
        table: "item",
        select: "select i_item_sk, i_brand_id, i_brand from item where i_manufact_id = 128",
      },
    },
    scans: [
      {
        table: "store_sales",
        as: "partial",
        select: `select d_year, i_brand_id, i_brand, sum(ss_ext_sales_price) as sales from store_sales
          join days on d_date_sk = ss_sold_date_sk join items on i_item_sk = ss_item_sk group by all`,
      },
    ],
    finish: `select d_year, i_brand_id as brand_id, i_brand as brand, sum(sales) as sum_agg from partial group by all
      order by d_year, sum_agg desc, brand_id, brand limit 100`,
    whole: `select d_year, i_brand_id as brand_id, i_brand as brand, sum(ss_ext_sales_price) as sum_agg from date_dim, store_sales, item
      where d_date_sk = ss_sold_date_sk and ss_item_sk = i_item_sk and i_manufact_id = 128 and d_moy = 11
      group by d_year, i_brand_id, i_brand order by d_year, sum_agg desc, brand_id, brand limit 100`,
  }),
  q07: () => ({
    about: "what single men with a college degree paid for each item, where it was advertised",
    dimensions: {
      days: year2000,
      people: {
        table: "customer_demographics",
        select: `select cd_demo_sk from customer_demographics
          where cd_gender = 'M' and cd_marital_status = 'S' and cd_education_status = 'College'`,
      },
      promotions: {
        table: "promotion",
        select: "select p_promo_sk from promotion where p_channel_email = 'N' or p_channel_event = 'N'",
      },
      items: { table: "item", select: "select i_item_sk, i_item_id from item" },
    },
    scans: [
      {
        table: "store_sales",
        as: "partial",
        select: `select i_item_id, count(*) as n, sum(ss_quantity)::bigint as s1, sum(ss_list_price) as s2, sum(ss_coupon_amt) as s3, sum(ss_sales_price) as s4
          from store_sales join days on d_date_sk = ss_sold_date_sk join people on cd_demo_sk = ss_cdemo_sk
          join promotions on p_promo_sk = ss_promo_sk join items on i_item_sk = ss_item_sk group by all`,
      },
    ],
    finish: `select i_item_id, sum(s1) / sum(n) as agg1, sum(s2) / sum(n) as agg2, sum(s3) / sum(n) as agg3, sum(s4) / sum(n) as agg4
      from partial group by i_item_id order by i_item_id limit 100`,
    whole: `select i_item_id, sum(ss_quantity) / count(*) as agg1, sum(ss_list_price) / count(*) as agg2, sum(ss_coupon_amt) / count(*) as agg3,
      sum(ss_sales_price) / count(*) as agg4 from store_sales, customer_demographics, date_dim, item, promotion
      where ss_sold_date_sk = d_date_sk and ss_item_sk = i_item_sk and ss_cdemo_sk = cd_demo_sk and ss_promo_sk = p_promo_sk
        and cd_gender = 'M' and cd_marital_status = 'S' and cd_education_status = 'College'
        and (p_channel_email = 'N' or p_channel_event = 'N') and d_year = 2000
      group by i_item_id order by i_item_id limit 100`,
  }),
  q19: () => ({
    about: "brands of one manager that customers bought away from home",
    dimensions: {
      days: {
        table: "date_dim",
        select: "select d_date_sk from date_dim where d_moy = 11 and d_year = 1998",
      },
      items: {
        table: "item",
        select:
          "select i_item_sk, i_brand_id, i_brand, i_manufact_id, i_manufact from item where i_manager_id = 8",
      },
      stores: { table: "store", select: "select s_store_sk, s_zip from store" },
      customers: { table: "customer", select: "select c_customer_sk, c_current_addr_sk from customer" },
      addresses: { table: "customer_address", select: "select ca_address_sk, ca_zip from customer_address" },
    },
    scans: [
      {
        table: "store_sales",
        as: "partial",
        select: `select i_brand_id, i_brand, i_manufact_id, i_manufact, sum(ss_ext_sales_price) as sales from store_sales
          join days on d_date_sk = ss_sold_date_sk join items on i_item_sk = ss_item_sk join stores on s_store_sk = ss_store_sk
          join customers on c_customer_sk = ss_customer_sk join addresses on ca_address_sk = c_current_addr_sk
          where substr(ca_zip, 1, 5) <> substr(s_zip, 1, 5) group by all`,
      },
    ],
    finish: `select i_brand_id as brand_id, i_brand as brand, i_manufact_id, i_manufact, sum(sales) as ext_price from partial group by all
      order by ext_price desc, brand, brand_id, i_manufact_id, i_manufact limit 100`,
    whole: `select i_brand_id as brand_id, i_brand as brand, i_manufact_id, i_manufact, sum(ss_ext_sales_price) as ext_price
      from date_dim, store_sales, item, customer, customer_address, store
      where d_date_sk = ss_sold_date_sk and ss_item_sk = i_item_sk and i_manager_id = 8 and d_moy = 11 and d_year = 1998
        and ss_customer_sk = c_customer_sk and c_current_addr_sk = ca_address_sk and substr(ca_zip, 1, 5) <> substr(s_zip, 1, 5)
        and ss_store_sk = s_store_sk
      group by i_brand, i_brand_id, i_manufact_id, i_manufact order by ext_price desc, brand, brand_id, i_manufact_id, i_manufact limit 100`,
  }),
  q34: () => ({
    about: "customers with large tickets at the beginning and end of months",
    dimensions: {
      days: {
        table: "date_dim",
        select: `select d_date_sk from date_dim where (d_dom between 1 and 3 or d_dom between 25 and 28) and d_year in (1999, 2000, 2001)`,
      },
      households: {
        table: "household_demographics",
        select: `select hd_demo_sk from household_demographics where (hd_buy_potential = '>10000' or hd_buy_potential = 'Unknown')
          and hd_vehicle_count > 0 and hd_dep_count * 5 > hd_vehicle_count * 6`,
      },
      stores: { table: "store", select: "select s_store_sk from store where s_county = 'Williamson County'" },
      customers: {
        table: "customer",
        select:
          "select c_customer_sk, c_last_name, c_first_name, c_salutation, c_preferred_cust_flag from customer",
        late: true,
      },
    },
    scans: [
      {
        table: "store_sales",
        as: "tickets",
        by: "ss_ticket_number",
        select: `select ss_ticket_number, ss_customer_sk, count(*) as lines from store_sales join days on d_date_sk = ss_sold_date_sk
          join stores on s_store_sk = ss_store_sk join households on hd_demo_sk = ss_hdemo_sk group by all`,
      },
    ],
    reduce: `select ss_ticket_number, ss_customer_sk, sum(lines)::bigint as cnt from tickets group by all having cnt between 15 and 20`,
    finish: `select c_last_name, c_first_name, c_salutation, c_preferred_cust_flag, ss_ticket_number, cnt
      from partial join customers on c_customer_sk = ss_customer_sk
      order by c_last_name, c_first_name, c_salutation, c_preferred_cust_flag desc, ss_ticket_number`,
    whole: `select c_last_name, c_first_name, c_salutation, c_preferred_cust_flag, ss_ticket_number, cnt from (
        select ss_ticket_number, ss_customer_sk, count(*) as cnt from store_sales, date_dim, store, household_demographics
        where ss_sold_date_sk = d_date_sk and ss_store_sk = s_store_sk and ss_hdemo_sk = hd_demo_sk
          and (d_dom between 1 and 3 or d_dom between 25 and 28) and (hd_buy_potential = '>10000' or hd_buy_potential = 'Unknown')
          and hd_vehicle_count > 0 and hd_dep_count * 5 > hd_vehicle_count * 6 and d_year in (1999, 2000, 2001) and s_county = 'Williamson County'
        group by ss_ticket_number, ss_customer_sk), customer
      where ss_customer_sk = c_customer_sk and cnt between 15 and 20
      order by c_last_name, c_first_name, c_salutation, c_preferred_cust_flag desc, ss_ticket_number`,
  }),
  q43: () => ({
    about: "sales of each store by day of the week",
    dimensions: {
      days: { table: "date_dim", select: "select d_date_sk, d_day_name from date_dim where d_year = 2000" },
      stores: {
        table: "store",
        select: "select s_store_sk, s_store_name, s_store_id from store where s_gmt_offset = -5",
      },
    },
    scans: [
      {
        table: "store_sales",
        as: "partial",
        select: `select s_store_name, s_store_id, d_day_name, sum(ss_sales_price) as sales from store_sales
          join days on d_date_sk = ss_sold_date_sk join stores on s_store_sk = ss_store_sk group by all`,
      },
    ],
    finish: `select s_store_name, s_store_id, ${weekdays("sales")} from partial group by all order by all limit 100`,
    whole: `select s_store_name, s_store_id, ${weekdays("ss_sales_price")} from date_dim, store_sales, store
      where d_date_sk = ss_sold_date_sk and s_store_sk = ss_store_sk and s_gmt_offset = -5 and d_year = 2000
      group by s_store_name, s_store_id order by all limit 100`,
  }),
  q65: () => ({
    about: "items that bring a store a tenth or less of what its items bring on average",
    dimensions: {
      days: {
        table: "date_dim",
        select: "select d_date_sk from date_dim where d_month_seq between 1176 and 1187",
      },
      stores: { table: "store", select: "select s_store_sk, s_store_name from store", late: true },
      items: {
        table: "item",
        select: "select i_item_sk, i_item_desc, i_current_price, i_manager_id, i_brand from item",
        late: true,
      },
    },
    scans: [
      {
        table: "store_sales",
        as: "sales",
        by: "ss_store_sk",
        select: `select ss_store_sk, ss_item_sk, sum(ss_sales_price) as revenue from store_sales join days on d_date_sk = ss_sold_date_sk group by all`,
      },
    ],
    reduce: `with sc as (select ss_store_sk, ss_item_sk, sum(revenue) as revenue from sales group by all),
        sb as (select ss_store_sk, sum(revenue) as total, count(*) as n from sc group by all)
      select ss_store_sk, ss_item_sk, revenue from sc join sb using (ss_store_sk) where revenue * n * 10 <= total`,
    finish: `select s_store_name, i_item_desc, revenue, i_current_price, i_manager_id, i_brand from partial
      join stores on s_store_sk = ss_store_sk join items on i_item_sk = ss_item_sk order by all limit 100`,
    whole: `select s_store_name, i_item_desc, sc.revenue, i_current_price, i_manager_id, i_brand from store, item,
        (select ss_store_sk, sum(revenue) as total, count(*) as n from (
          select ss_store_sk, ss_item_sk, sum(ss_sales_price) as revenue from store_sales, date_dim
          where ss_sold_date_sk = d_date_sk and d_month_seq between 1176 and 1187 group by ss_store_sk, ss_item_sk) group by ss_store_sk) sb,
        (select ss_store_sk, ss_item_sk, sum(ss_sales_price) as revenue from store_sales, date_dim
          where ss_sold_date_sk = d_date_sk and d_month_seq between 1176 and 1187 group by ss_store_sk, ss_item_sk) sc
      where sb.ss_store_sk = sc.ss_store_sk and sc.revenue * sb.n * 10 <= sb.total and s_store_sk = sc.ss_store_sk and i_item_sk = sc.ss_item_sk
      order by all limit 100`,
  }),
  q93: () => ({
    about: "what customers kept of what they bought, where something came back for one reason",
    dimensions: {
      reasons: {
        table: "reason",
        select: "select r_reason_sk from reason where r_reason_desc = 'reason 28'",
      },
    },
    scans: [
      {
        table: "store_sales",
        as: "sales",
        by: "hash(ss_item_sk, ss_ticket_number)",
        select:
          "select ss_item_sk, ss_ticket_number, ss_customer_sk, ss_quantity, ss_sales_price from store_sales",
      },
      {
        table: "store_returns",
        as: "returns",
        by: "hash(sr_item_sk, sr_ticket_number)",
        select: `select sr_item_sk, sr_ticket_number, sr_return_quantity from store_returns join reasons on r_reason_sk = sr_reason_sk`,
      },
    ],
    reduce: `select ss_customer_sk, sum(case when sr_return_quantity is not null then (ss_quantity - sr_return_quantity) * ss_sales_price
        else ss_quantity * ss_sales_price end) as kept
      from sales join returns on sr_item_sk = ss_item_sk and sr_ticket_number = ss_ticket_number group by all`,
    finish: `select ss_customer_sk, sum(kept) as sumsales from partial group by all order by sumsales, ss_customer_sk limit 100`,
    whole: `select ss_customer_sk, sum(act_sales) as sumsales from (
        select ss_item_sk, ss_ticket_number, ss_customer_sk, case when sr_return_quantity is not null
          then (ss_quantity - sr_return_quantity) * ss_sales_price else ss_quantity * ss_sales_price end as act_sales
        from store_sales left outer join store_returns on (sr_item_sk = ss_item_sk and sr_ticket_number = ss_ticket_number), reason
        where sr_reason_sk = r_reason_sk and r_reason_desc = 'reason 28')
      group by ss_customer_sk order by sumsales, ss_customer_sk limit 100`,
  }),
  q96: () => ({
    about: "how many sales one store makes in the evening to large households",
    dimensions: {
      times: {
        table: "time_dim",
        select: "select t_time_sk from time_dim where t_hour = 20 and t_minute >= 30",
      },
      households: {
        table: "household_demographics",
        select: "select hd_demo_sk from household_demographics where hd_dep_count = 7",
      },
      stores: { table: "store", select: "select s_store_sk from store where s_store_name = 'ese'" },
    },
    scans: [
      {
        table: "store_sales",
        as: "partial",
        select: `select count(*) as n from store_sales join times on t_time_sk = ss_sold_time_sk
          join households on hd_demo_sk = ss_hdemo_sk join stores on s_store_sk = ss_store_sk`,
      },
    ],
    finish: "select sum(n)::bigint as n from partial",
    whole: `select count(*) as n from store_sales, household_demographics, time_dim, store
      where ss_sold_time_sk = t_time_sk and ss_hdemo_sk = hd_demo_sk and ss_store_sk = s_store_sk and t_hour = 20 and t_minute >= 30
        and hd_dep_count = 7 and s_store_name = 'ese'`,
  }),
  q97: () => ({
    about: "who buys the same item in stores, from the catalogue, or both",
    dimensions: {
      days: {
        table: "date_dim",
        select: "select d_date_sk from date_dim where d_month_seq between 1200 and 1211",
      },
    },
    scans: [
      {
        table: "store_sales",
        as: "ssci",
        by: "hash(customer_sk, item_sk)",
        select: `select distinct ss_customer_sk as customer_sk, ss_item_sk as item_sk from store_sales join days on d_date_sk = ss_sold_date_sk`,
      },
      {
        table: "catalog_sales",
        as: "csci",
        by: "hash(customer_sk, item_sk)",
        select: `select distinct cs_bill_customer_sk as customer_sk, cs_item_sk as item_sk from catalog_sales join days on d_date_sk = cs_sold_date_sk`,
      },
    ],
    reduce: pairs("(select distinct * from ssci)", "(select distinct * from csci)"),
    finish: `select sum(store_only)::bigint as store_only, sum(catalog_only)::bigint as catalog_only, sum(store_and_catalog)::bigint as store_and_catalog from partial`,
    whole: `with ssci as (select ss_customer_sk as customer_sk, ss_item_sk as item_sk from store_sales, date_dim
          where ss_sold_date_sk = d_date_sk and d_month_seq between 1200 and 1211 group by all),
        csci as (select cs_bill_customer_sk as customer_sk, cs_item_sk as item_sk from catalog_sales, date_dim
          where cs_sold_date_sk = d_date_sk and d_month_seq between 1200 and 1211 group by all)
      ${pairs("ssci", "csci")}`,
  }),
  q98: () => ({
    about: "each item's share of its class in a month",
    dimensions: {
      days: {
        table: "date_dim",
        select:
          "select d_date_sk from date_dim where d_date between date '1999-02-22' and date '1999-02-22' + 30",
      },
      items: {
        table: "item",
        select: `select i_item_sk, i_item_id, i_item_desc, i_category, i_class, i_current_price from item
          where i_category in ('Sports', 'Books', 'Home')`,
      },
    },
    scans: [
      {
        table: "store_sales",
        as: "sales",
        by: "i_class",
        select: `select i_item_id, i_item_desc, i_category, i_class, i_current_price, sum(ss_ext_sales_price) as revenue
          from store_sales join days on d_date_sk = ss_sold_date_sk join items on i_item_sk = ss_item_sk group by all`,
      },
    ],
    reduce: `select *, itemrevenue * 100 / sum(itemrevenue) over (partition by i_class) as revenueratio from (
        select i_item_id, i_item_desc, i_category, i_class, i_current_price, sum(revenue) as itemrevenue from sales group by all)`,
    finish:
      "select * from partial order by i_category, i_class, i_item_id, i_item_desc, revenueratio, i_current_price",
    whole: `select i_item_id, i_item_desc, i_category, i_class, i_current_price, sum(ss_ext_sales_price) as itemrevenue,
        sum(ss_ext_sales_price) * 100 / sum(sum(ss_ext_sales_price)) over (partition by i_class) as revenueratio
      from store_sales, item, date_dim
      where ss_item_sk = i_item_sk and i_category in ('Sports', 'Books', 'Home') and ss_sold_date_sk = d_date_sk
        and d_date between date '1999-02-22' and date '1999-02-22' + 30
      group by i_item_id, i_item_desc, i_category, i_class, i_current_price
      order by i_category, i_class, i_item_id, i_item_desc, revenueratio, i_current_price`,
  }),
};

export function tablesOf({ dimensions, scans }: Query): Table[] {
  return [...new Set<Table>([...Object.values(dimensions), ...scans].map(({ table }) => table))];
}

function weekdays(value: string): string {
  return "Sunday Monday Tuesday Wednesday Thursday Friday Saturday"
    .split(" ")
    .map(
      (day) =>
        `sum(case when d_day_name = '${day}' then ${value} else null end) as ${day.slice(0, 3).toLowerCase()}_sales`,
    )
    .join(", ");
}

function pairs(ssci: string, csci: string): string {
  return `select
      count(case when s.customer_sk is not null and c.customer_sk is null then 1 end) as store_only,
      count(case when s.customer_sk is null and c.customer_sk is not null then 1 end) as catalog_only,
      count(case when s.customer_sk is not null and c.customer_sk is not null then 1 end) as store_and_catalog
    from ${ssci} s full outer join ${csci} c on s.customer_sk = c.customer_sk and s.item_sk = c.item_sk`;
}
