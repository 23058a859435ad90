async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const $m = "user m", $k = 2, $$e = 3, $up = 4;
let $p = 5;
export default async function main($frame, $self = 1) {
  const log = $frame;
  let $v = await id(1), $t1 = 2, $this = 3;
  const f = () => [$m, $k, $$e, $up, $p, $v, $t1, $this, $self];
  $p += await id(1); $v++;
  log(f(), [$m, $k, $$e, $up, $p]);
  for (const $i of [1, 2]) { const $e = () => $i; await id(0); log($e()); }
  function $rt($sites) { return $sites; } log($rt("sites"));
}
