import { Stepper } from "../../design/layout.tsx";
import { SecondFactorSetup } from "../second-factor/second-factor-setup.tsx";
import { Entrance } from "../sign-in/entrance.tsx";

/** The second and last step of becoming an administrator. */
export function SecondFactorEntrance({ steps }: { readonly steps: readonly string[] }) {
  return (
    <Entrance
      title="Set up a second factor"
      text="Who can make credentials needs more than a password. It takes a minute."
      size="wide"
    >
      <Stepper steps={steps} current={1} />
      <SecondFactorSetup />
    </Entrance>
  );
}
