/** The tables as Kysely sees them, and the migrations that create them. */
import { type ColumnType, type Generated, type Kysely, type Migration, sql } from "kysely";

/** PostgreSQL returns bigint as text and accepts numbers. */
type Bigint = ColumnType<string | number, number, number>;

/** What a forward leads to, in the tables of forwards and of their events. */
export interface ForwardColumns {
  conn_port: number;
  protocol: "tcp" | "udp";
  target_addr: string;
  target_port: number;
  target_name: string;
  target_component: string;
  owner: string;
}

export interface Tables {
  forwards: ForwardColumns & {
    id: string;
    sources: ColumnType<string[], string, string>;
    created_at: Bigint;
    expires_at: ColumnType<string | number | null, number | null, number | null>;
    idempotency_key: string | null;
  };
  liveness: {
    addr: string;
    name: string;
    component: string;
    routable: boolean | null;
    last_seen: ColumnType<string | number | null, number | null, number | null>;
    checked_at: ColumnType<string | number | null, number | null, number | null>;
    disagreeing: number;
  };
  liveness_changes: { seq: Generated<number>; at: Bigint; addr: string; routable: boolean };
  forward_events: ForwardColumns & {
    seq: Generated<number>;
    at: Bigint;
    kind: "opened" | "closed" | "expired";
    by_user: string | null;
    forward_id: string;
  };
  usage: {
    forward_id: string;
    minute: Bigint;
    conn_port: number;
    owner: string;
    packets: Bigint;
    bytes: Bigint;
    connections: Bigint;
  };
}

/** In order. A released migration never changes. */
export const migrations: Readonly<Record<string, Migration>> = {
  "0001_forwards": {
    async up(db: Kysely<unknown>) {
      await sql`create table forwards (
        conn_port integer primary key check (conn_port between 1 and 65535),
        id text not null unique,
        protocol text not null check (protocol in ('tcp', 'udp')),
        target_addr text not null,
        target_port integer not null check (target_port between 1 and 65535),
        target_name text not null,
        target_component text not null,
        owner text not null,
        sources jsonb not null default '[]',
        created_at bigint not null,
        expires_at bigint,
        idempotency_key text,
        unique (owner, idempotency_key)
      )`.execute(db);
      await sql`create index forwards_expires_at on forwards (expires_at) where expires_at is not null`.execute(db);
      await sql`create index forwards_target on forwards (target_name, target_addr)`.execute(db);
      // Says which gateway changed something, so that the others on this database read it.
      await sql`create function forwards_changed() returns trigger language plpgsql as $$
        begin
          perform pg_notify('sallyport_forwards', current_setting('application_name'));
          return null;
        end
      $$`.execute(db);
      await sql`create trigger forwards_changed after insert or update or delete or truncate on forwards
        for each statement execute function forwards_changed()`.execute(db);
      await sql`create table liveness (
        addr text primary key,
        name text not null,
        component text not null,
        routable boolean,
        last_seen bigint,
        checked_at bigint,
        disagreeing integer not null default 0
      )`.execute(db);
      await sql`create table liveness_changes (
        seq bigserial primary key,
        at bigint not null,
        addr text not null,
        routable boolean not null
      )`.execute(db);
      await sql`create index liveness_changes_addr on liveness_changes (addr, at)`.execute(db);
      await sql`create table usage (
        forward_id text not null,
        minute bigint not null,
        conn_port integer not null,
        owner text not null,
        packets bigint not null,
        bytes bigint not null,
        connections bigint not null,
        primary key (forward_id, minute)
      )`.execute(db);
      await sql`create index usage_owner on usage (owner, minute)`.execute(db);
    },
  },
  "0002_forward_events": {
    async up(db: Kysely<unknown>) {
      await sql`create table forward_events (
        seq bigserial primary key,
        at bigint not null,
        kind text not null check (kind in ('opened', 'closed', 'expired')),
        by_user text,
        forward_id text not null,
        conn_port integer not null,
        protocol text not null,
        target_addr text not null,
        target_port integer not null,
        target_name text not null,
        target_component text not null,
        owner text not null
      )`.execute(db);
      await sql`create index forward_events_target on forward_events (target_addr, at)`.execute(db);
      await sql`create index forward_events_owner on forward_events (owner, at)`.execute(db);
      await sql`insert into forward_events
        (at, kind, by_user, forward_id, conn_port, protocol, target_addr, target_port, target_name, target_component, owner)
        select created_at, 'opened', owner, id, conn_port, protocol, target_addr, target_port, target_name, target_component, owner
        from forwards order by id`.execute(db);
    },
  },
};
