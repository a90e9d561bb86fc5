// The page's side of page_ticks.py: a GAN trained by the package's program, or by TensorFlow.js.
import { compile, Run } from "./program.js";

const FRAME = 8; // ms of ticks, then the picture's numbers
const LEAK = 0.2;

/** A run of the package's program: a tick, and what a picture needs. */
export async function own({ setting, layout }) {
  const answer = await fetch("program.wasm");
  const run = await Run.of(await compile(await answer.arrayBuffer(), layout));
  run.start(setting);
  return { tick: () => run.tick(), look: () => run.look(), finite: () => run.finite() };
}

/** The same GAN written for TensorFlow.js, without a penalty. */
export async function tensorflow({ setting, sizes }) {
  const { tf } = window;
  tf.wasm.setWasmPaths("./");
  await tf.setBackend("wasm");
  await tf.ready();
  const { width, batch, latent, shown } = sizes;
  const G = network(tf, [latent, width, width, 2]);
  const D = network(tf, [2, width, width, 1]);
  const fake = (n) => through(tf, G, tf.randomNormal([n, latent]), tf.relu);
  const score = (x) => through(tf, D, x, (v) => tf.leakyRelu(v, LEAK));
  const real = sampler(tf, setting.data);
  const cost = {
    D: () =>
      tf
        .softplus(score(real(batch)).neg())
        .mean()
        .add(tf.softplus(score(fake(batch))).mean()),
    G: () => tf.softplus(score(fake(batch)).neg()).mean(),
  };
  const adam = (rate) => tf.train.adam(rate, setting.beta1, setting.beta2, 1e-8);
  const rule = { G: adam(setting.step_size_G), D: adam(setting.step_size_D) };
  const move = (player, own) => tf.tidy(() => rule[player].minimize(cost[player], false, own));
  const tick = () => {
    for (const player of setting.schedule.join("")) move(player, player === "G" ? G : D);
  };
  const look = () => tf.tidy(() => fake(shown).dataSync());
  return { tick, look, finite: () => look().every(Number.isFinite) };
}

/** What TensorFlow.js says to the derivative of D's squared slope; "" if it has one. */
export async function refusedPenalty({ sizes }) {
  const { tf } = window;
  const D = network(tf, [2, sizes.width, 1]);
  const score = (x) => through(tf, D, x, (v) => tf.leakyRelu(v, LEAK)).sum();
  const penalty = () =>
    tf
      .grad(score)(tf.randomNormal([4, 2]))
      .square()
      .mean();
  try {
    tf.variableGrads(penalty, D);
    return "";
  } catch (error) {
    return error.message;
  }
}

/** Ticks a second, and the work of a frame in ms, over some seconds of frames. */
export async function measured({ tick, look, finite }, seconds) {
  const frames = [];
  let ticks = 0;
  let spent = 0;
  for (const end = performance.now() + 1000 * seconds; performance.now() < end; ) {
    const begun = await new Promise((done) => requestAnimationFrame(() => done(performance.now())));
    do {
      tick();
      ticks++;
    } while (performance.now() - begun < FRAME);
    spent += performance.now() - begun;
    look();
    frames.push(performance.now() - begun);
  }
  frames.sort((a, b) => a - b);
  if (!finite()) throw new Error(`diverged within ${ticks} ticks`);
  const at = (share) => frames[Math.floor(share * (frames.length - 1))];
  return { rate: (1000 * ticks) / spent, median: at(0.5), late: at(0.95) };
}

// Weights and biases of dense layers, drawn as torch does.
function network(tf, sizes) {
  return sizes.slice(1).flatMap((outputs, i) => {
    const bound = sizes[i] ** -0.5;
    const draw = (shape) => tf.variable(tf.randomUniform(shape, -bound, bound));
    return [draw([sizes[i], outputs]), draw([outputs])];
  });
}

function through(tf, weights, x, act) {
  let now = x;
  for (let i = 0; i < weights.length; i += 2) {
    const made = tf.add(tf.matMul(now, weights[i]), weights[i + 1]);
    now = i + 2 < weights.length ? act(made) : made;
  }
  return now;
}

function sampler(tf, { centres, spread }) {
  const places = tf.tensor2d(centres);
  return (n) => {
    const mode = tf.randomUniform([n], 0, centres.length, "int32");
    return tf.gather(places, mode).add(tf.randomNormal([n, 2]).mul(spread));
  };
}
