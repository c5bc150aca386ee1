/* Types of the maps' scripts, for `npm run types`; pages do not carry this file. */

/** Rings or lines in world coordinates: [x0, y0, x1, y1, …] */
interface Shape { paths: Float64Array[]; box: number[]; }
/** What a click or a search found */
interface Hit { kind: Kind; i: number; level?: number; }
type Kind = "gap" | "suggested" | "site" | "demand" | "area" | "interval" | "required";
type Maybe = number | null;
type Scenario = "now" | "after";

/** One drawing of the map: the canvas and what part of the world it shows */
interface View {
  ctx: CanvasRenderingContext2D;
  /** seen from afar: points that appear on a closer look are left out */
  far: boolean;
  keep?: boolean;
  /** boxes in which no number or name may stand */
  taken?: number[][];
  scale: number; zoom: number; left: number; top: number; width: number; height: number;
}

interface LedgerData {
  total: number; served: number; full: number; beyond: number; cut_off: number; off_network: number; unlocated: number; share: Maybe;
  [state: string]: any;
}
interface LevelData {
  level: string; name: string; names: string[]; rings: (string[] | null)[] | null; kind: "share" | "rate"; breaks: number[];
  value?: Maybe[]; value_after?: Maybe[]; unserved?: Maybe[]; unserved_after?: Maybe[];
  total?: Maybe[]; count?: Maybe[]; low?: Maybe[]; high?: Maybe[];
}
interface Level { level: LevelData; shapes: (Shape | null)[] | null; labels: (number[] | null)[] | null; }
/** Points of one kind: places in world coordinates, and the columns that the page carries of them */
interface Points { xy: Float64Array; d: any; }
interface DemandPoints extends Points { now: Uint8Array; later: Uint8Array; large: number; }

/** The decoded data, what is switched on, and what is chosen */
interface Model {
  data: any;
  on: { [layer: string]: boolean };
  /** layers that appear on a closer look only, and from which zoom on */
  auto: { [layer: string]: boolean };
  detail: number;
  crowded: boolean;
  scenario: Scenario;
  selected: Hit | null;
  shapes: { [name: string]: { areas: Shape[]; lines: Shape[] } };
  roads: { rank: number; lines: Shape[] }[];
  levels: Level[];
  demand: DemandPoints | null;
  sites: Points | null;
  suggested: Points | null;
  gaps: { d: any; shapes: (Shape | null)[]; letter: string[] } | null;
  spacing?: { d: any; shapes: (Shape | null)[] };
  required?: Points;
  reach: { cutoff: number; shape: Shape }[];
  offset: number;
  gapPoints: number;
  [cache: string]: any;
}

/** One mounted map */
interface App {
  id: string; data: any; root: HTMLElement; map: MountedMap; model: Model;
  parts: { [name: string]: HTMLElement };
  t(key: string, values?: object): string;
  tell(text: string): void;
  toggle(key: string, on?: boolean): void;
  scenario(name: Scenario): void;
  tab(group: string): void;
  level(key: string): void;
  select(kind: Kind, i: number, how?: { level?: number; go?: boolean; at?: L.LatLng | null }): void;
  clear(): void;
  fit(): void;
  [part: string]: any;
}

interface Geoplan {
  around: number;
  colours: any;
  font: string;
  MISSING: string;
  STATES: string[];
  sides: { a: MountedMap; b: MountedMap };
  Scene: any;
  buttonsIn(map: L.Map, view: View): number[][];

  say(words: { [key: string]: string }, key: string, values?: object): string;
  number(value: Maybe | undefined, digits?: number): string;
  people(value: Maybe | undefined): string;
  share(value: Maybe | undefined): string;
  plain(value: Maybe | undefined): string;
  digitsOf(values: Maybe[]): number;
  el(tag: string, attributes?: { [name: string]: any } | null, children?: (Node | null | undefined | false | "")[]): any;
  svg(tag: string, attributes?: { [name: string]: any } | null, children?: Node[]): SVGElement;

  oneSide(lon: number): number;
  decode(text: string): Float64Array;
  box(paths: ArrayLike<number>[]): number[];
  shape(texts: string[] | null | undefined): Shape | null;
  inside(shape: Shape, x: number, y: number): boolean;
  middle(shape: Shape, line?: boolean): number[];
  alongLine(shape: Shape, x: number, y: number, reach: number): boolean;
  toLatLng(x: number, y: number): L.LatLng;
  toWorld(latlng: { lat: number; lng: number }): number[];

  model(data: any): Model;
  category(m: Model, i: number): "served" | "full" | "missed" | "gained";
  classOf(value: Maybe | undefined, level: { kind?: string; breaks: number[] }): number;
  valuesOf(m: Model, level: LevelData): Maybe[];
  unservedOf(m: Model, level: LevelData): Maybe[];
  radiusOf(m: Model, people: number, zoom: number): number;
  radius(m: Model, i: number, zoom: number): number;
  shown(m: Model, key: string, far: boolean): boolean;
  mainLevel(m: Model): number;
  rampOf(level: LevelData): string[];
  letter(k: number): string;
  lettered(gaps: any): string[];
  isFault(m: Model, i: number): boolean;
  gapPeople(m: Model, i: number): Maybe;
  open(m: Model, i: number): boolean;
  gapList(m: Model): number[];
  faultList(m: Model): number[];
  countOpen(m: Model, fault?: boolean): number;
  topGaps(m: Model): number[];
  drawnGaps(m: Model, far: boolean): number[];
  drawnFaults(m: Model, far: boolean): number[];
  theme(dark: boolean, models: Model[]): void;
  followTheme(app: App): void;
  tierKind(m: Model, i: number): number;
  siteSize(m: Model, zoom: number): number;

  seen(view: View, box: number[], margin: number): boolean;
  trace(view: View, shape: Shape, closed: boolean, skip?: number): boolean;
  hatch(ctx: CanvasRenderingContext2D, colour: string, gap: number, width: number): CanvasPattern;
  glyph(ctx: CanvasRenderingContext2D, kind: number, x: number, y: number, r: number): void;
  besides(m: Model, wide: number, high: number): CanvasRenderingContext2D;
  paint(m: Model, view: View): void;
  cross(ctx: CanvasRenderingContext2D, x: number, y: number): void;
  crossSign(pen: CanvasRenderingContext2D): void;
  closings(m: Model): number[];
  closesTold(m: Model): boolean;
  closesDrawn(m: Model): boolean;
  drawClosings(m: Model, view: View): void;
  closingsTable(app: App): any;
  journeysOf(m: Model, kind: Kind, i: number): number[];
  journeyCard(app: App, kind: Kind, i: number): HTMLElement | null;
  decodeJourneys(list: any[]): any[];
  drawJourney(m: Model, view: View): void;
  drawDemand(m: Model, view: View): void;
  drawBadges(m: Model, view: View): void;
  badgeAt(m: Model, x: number, y: number, zoom: number): Hit | null;
  hit(m: Model, x: number, y: number, zoom: number, slack: number): Hit | null;

  ready: Promise<Geoplan>;
  starting(): void;
  started(): void;
  embedding(app: App): void;
  wheel(app: App): void;
  presets(app: App): void;
  waits(key: string): boolean;
  linkOf(m: Model, kind: Kind, i: number): string;
  linked(m: Model, hash: string): Hit | null;
  links(app: App): void;
  folding(app: App): void;
  wholeCity(app: App): void;
  sheets(app: App): void;
  legendRows(app: App): any[];
  wrap(measure: (text: string) => number, text: string, width: number): string[];
  roundLength(most: number): number;
  many(m: Model): boolean;
  sheetParts: any; deltas?: any;
  drawPairSheet(a: MountedMap, b: MountedMap): HTMLCanvasElement;
  pairSheet(a: MountedMap, b: MountedMap): void;
  withDpi(png: Uint8Array, dpi: number): Uint8Array<ArrayBuffer>;
  footLines(app: App): string[];
  drawSheet(app: App, how: { width: number; height: number; dpi: number; margin: number; foot: boolean }): HTMLCanvasElement;
  mount(options: { element: string; data: string; paired?: boolean }): MountedMap;
  pair(a: MountedMap, b: MountedMap): void;
  retell?(): void;
  matched(a: Model, b: Model): { both: number[][]; a: number[]; b: number[] } | null;
  aloneRows(m: Model, rows: number[]): { n: number; people: number | null; served: number | null };
  difference(a: Model, b: Model, rows: number[][]): { gained: number; lost: number; withheld: number; rows: { i: number; j: number; change: number }[] };
  differenceList(m: Model, difference: { rows: any[] }, other?: Model, degrees?: (at: L.LatLng) => string): { name: string; gained: number; lost: number; box: number[] }[];
  drawDifference?(m: Model, view: View): void;
  icons(pictures: string[]): void;
  headline(app: App): void;
  legend(app: App): void;
  sizes(app: App): void;
  tables(app: App): any[];
  lists(app: App): void;
  search(app: App): void;
  readings(bySyllable: { [syllable: string]: string } | undefined): { [character: string]: string[] };
  soundsLike(name: string, wanted: string, readings: { [character: string]: string[] }): number;
  keepFitted(app: App): void;
  cause(app: App, i: number): string;
  detail(app: App, kind: Kind, i: number, level?: number): HTMLElement;
  nameOf(app: App, kind: Kind, i: number, level?: number): string;
  placeOf(app: App, kind: Kind, i: number, level?: number): { latlng: L.LatLng; bounds?: L.LatLngBounds } | null;
}

/** What a page carries for what-ifs, decoded: people, zones, areas and neighbours by row, covers by site */
interface Covers {
  meta: any; n: number; existing: number; all: number;
  people: Float64Array; fixed: Int32Array; zone: Int32Array; xy: Float64Array; area: Int32Array[]; pairs: Int32Array[]; rank: Int32Array; home: Int32Array;
  lon: Float64Array; lat: Float64Array; classOf: Int32Array; ways: Way[]; place: Float64Array;
  capacity: Float64Array | null; money: Float64Array | null; cover: Int32Array[];
  /** people served today, per row, where capacity limits */
  today?: Float64Array | null;
  ids: string[]; names: string[]; lost: string[]; index: Map<string, number>;
}
/** Rows that come to the same sites are a zone, sites that the same zones come to a class */
interface Way { zone: Int32Array; classOf: Int32Array; zones: Int32Array[]; }
interface Counted { state: Uint8Array; why?: Uint8Array; served: Float64Array; ledger: LedgerData; }
/** Which sites are open */
interface Choice {
  covers: Covers; open: Uint8Array; hits: Uint32Array; ways: Uint32Array[]; joined: number; done: Counted | null;
  set(k: number, on: boolean | number): void; setAll(list: number[]): void; list(): number[]; count(): Counted;
}
/** What a trial or a year draws besides: how many, what it is, its sign */
interface Sign { n: number; text: string; draw: (pen: CanvasRenderingContext2D) => void; }
/** What a printed sheet shows instead of the plan: a trial, or a year of the programme */
interface StandIn { stamp: string; steps: string; tables: any[]; share?: Maybe; label?: string; under?: string; file: string; }
/** One gap of a choice; `held` is how many small ones it stands for, `lead` its row with most people */
interface WhatIfGap { people: number; cause: string; rows: number[]; lead: number; held: number; first: number; }
/** The same as the page lists it: its letter or "new", a fault of data or not */
interface TrialGap { gap: WhatIfGap; name: string; mark: string; fresh: boolean; fault: boolean; }
/** The what-ifs of one map */
interface WhatIf { app: App; meta: any; covers(): Covers; choice(): Choice; name(k: number): string; [part: string]: any; }
interface Geoplan {
  whatIf: any;
  inflate(source: Uint8Array): Uint8Array;
  bytesOf(text: string): Uint8Array;
  readCovers(data: any): Covers;
  choice(covers: Covers): Choice;
  pathsOf(c: Choice, which: number): Uint8Array;
  seated(c: Choice, inside: Float64Array): Float64Array;
  seatsDiffer(w: WhatIf): boolean;
  bestNext(c: Choice): { people: number; sites: number[] };
  whatIfGaps(c: Choice, name?: (gap: WhatIfGap) => string): WhatIfGap[];
  tomlText(text: string): string;
  tomlKey(key: string): string;
  tomlNumber(value: number): string;
  overlayOf(c: Choice, words: { name: (k: number) => string; t: (key: string, values?: object) => string }, title?: string): string;
  whatIfOf(app: App): WhatIf;
  whatIfApi(w: WhatIf): any;
  whatIfMount(app: App): void;
  programmeMount(app: App): void;
  whatIfPanel(w: WhatIf): void;
  whatIfChanges(w: WhatIf): { k: number; said: string; back: string; on: boolean }[];
  whatIfGapName(w: WhatIf, gap: WhatIfGap): string;
  trialGaps(w: WhatIf): TrialGap[];
  isName(text: string): boolean;
  isFaultCause(cause: string): boolean;
  badge(ctx: CanvasRenderingContext2D, x: number, y: number, text: string): void;
  pixel(xy: ArrayLike<number>, i: number, view: View): number[];
  trialSigns?(app: App): Sign[];
  yearSigns?(app: App): Sign[];
  yearOf?(app: App): StandIn | null;
  trialOf?(app: App): StandIn | null;
  extraSigns(app: App): { title: string; signs: Sign[] };
  trialTable(app: App, key: string): any;
  roomFor(x: number, y: number, half: number, high: number, taken: number[][], far: boolean, fits?: ((x: number, y: number, box: number[]) => boolean) | null): { x: number; y: number; box: number[]; moved: boolean } | null;
  whatIfMap(w: WhatIf): void;
  nearestCandidate(w: WhatIf, lat: number, lng: number): { k: number; metres: number };
}

interface Window { geoplan: Geoplan; $: any; }
/** A map that was mounted answers with its application */
interface MountedMap extends L.Map { geoplan: App; }
